import { countTokens, cutToTokens, estimateUsage } from '../token-count.js';
import type { Reply } from './assistant.js';
import type { ChatRequest, ToolCall } from './chat-request.js';
import type { Answer } from './completion.js';

/** A reply within the request's limit of tokens, with its usage as the tokenizer counts it. */
export async function answerOf(
  request: ChatRequest,
  reply: Exclude<Reply, { type: 'error' }>,
): Promise<Answer> {
  const prompt = await promptTokens(request);
  const answer =
    reply.type === 'text' ? await said(reply.text, request) : await asked(reply, request);
  const { completionTokens, ...rest } = answer;
  return {
    ...rest,
    usage: {
      prompt_tokens: prompt,
      completion_tokens: completionTokens,
      total_tokens: prompt + completionTokens,
    },
  };
}

type Counted = Omit<Answer, 'usage'> & { completionTokens: number };

async function said(whole: string, { maxTokens }: ChatRequest): Promise<Counted> {
  const { text, tokens, isCut } = await cutToTokens(whole, maxTokens);
  const finishReason = isCut ? 'length' : 'stop';
  return { text, toolCalls: [], finishReason, completionTokens: tokens };
}

async function asked(
  { calls, firstId }: Extract<Reply, { type: 'tool_calls' }>,
  { maxTokens = Infinity }: ChatRequest,
): Promise<Counted> {
  const toolCalls: ToolCall[] = [];
  let completionTokens = 0;
  let isCut = false;
  for (const [index, call] of calls.entries()) {
    const name = await countTokens(call.name);
    if (completionTokens + name >= maxTokens) {
      isCut = true;
      break;
    }
    const cut = await cutToTokens(
      JSON.stringify(call.arguments),
      maxTokens - completionTokens - name,
    );
    toolCalls.push({ id: `call_offline_${firstId + index}`, name: call.name, arguments: cut.text });
    completionTokens += name + cut.tokens;
    isCut = cut.isCut;
    if (isCut) break;
  }
  const finishReason = isCut ? 'length' : 'tool_calls';
  return { text: '', toolCalls, finishReason, completionTokens };
}

async function promptTokens({ messages, tools }: ChatRequest): Promise<number> {
  const said = messages.map(({ role, text, toolCalls }) => ({
    role,
    content: text + toolCalls.map((call) => call.name + call.arguments).join(''),
  }));
  const { inputTokens } = await estimateUsage(said, '');
  return inputTokens + (tools.length === 0 ? 0 : await countTokens(JSON.stringify(tools)));
}
