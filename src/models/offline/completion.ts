import type { ChatRequest, ToolCall } from './chat-request.js';
import { wordsOf } from './words.js';

/** What the assistant answers, and what it costs. */
export interface Answer {
  text: string;
  toolCalls: readonly ToolCall[];
  finishReason: 'stop' | 'length' | 'tool_calls';
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

/** One server-sent event, and whether it is spoken: only words are paced. */
export interface CompletionEvent {
  /** As it goes over the wire, with the empty line after it. */
  text: string;
  paced: boolean;
}

/** A piece of a tool call's arguments: as much as a model says at once. */
const ARGUMENTS_PIECE = /[^]{1,8}/gu;

/**
 * The events of a streamed answer, as OpenAI sends them: the role, a chunk for each word or piece of a
 * tool call, the reason of the end, the usage where it was asked for, `[DONE]`.
 */
export function* streamedCompletion(
  request: ChatRequest,
  answer: Answer,
): Generator<CompletionEvent, void, undefined> {
  // With include_usage every other chunk has `usage: null`.
  const usage = request.includeUsage ? { usage: null } : {};
  const chunk = (delta: object, finish_reason: string | null = null) =>
    event({
      ...envelope(request, 'chat.completion.chunk'),
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      ...usage,
    });
  const hasCalls = answer.toolCalls.length > 0;
  const content = hasCalls ? null : '';
  yield { text: chunk({ role: 'assistant', content, refusal: null }), paced: false };
  for (const word of wordsOf(answer.text)) yield { text: chunk({ content: word }), paced: true };
  for (const [index, call] of answer.toolCalls.entries()) {
    const head = { index, id: call.id, type: 'function' };
    const called = { ...head, function: { name: call.name, arguments: '' } };
    yield { text: chunk({ tool_calls: [called] }), paced: true };
    for (const [piece] of call.arguments.matchAll(ARGUMENTS_PIECE)) {
      const tool_calls = [{ index, function: { arguments: piece } }];
      yield { text: chunk({ tool_calls }), paced: true };
    }
  }
  yield { text: chunk({}, answer.finishReason), paced: false };
  if (request.includeUsage) {
    const last = { ...envelope(request, 'chat.completion.chunk'), choices: [] };
    yield { text: event({ ...last, usage: answer.usage }), paced: false };
  }
  yield { text: 'data: [DONE]\n\n', paced: false };
}

/** The answer to a request without `stream`: a `chat.completion`. */
export function wholeCompletion(request: ChatRequest, answer: Answer): object {
  const hasCalls = answer.toolCalls.length > 0;
  const message = {
    role: 'assistant',
    content: hasCalls ? null : answer.text,
    refusal: null,
    ...(hasCalls && { tool_calls: answer.toolCalls.map(wholeCall) }),
  };
  return {
    ...envelope(request, 'chat.completion'),
    choices: [{ index: 0, message, logprobs: null, finish_reason: answer.finishReason }],
    usage: answer.usage,
  };
}

function wholeCall({ id, name, arguments: text }: ToolCall): object {
  return { id, type: 'function', function: { name, arguments: text } };
}

function envelope({ model }: ChatRequest, object: string): object {
  // No clock and no random number: the same request gets the same bytes.
  return { id: 'chatcmpl-offline', object, created: 0, model, system_fingerprint: 'fp_offline' };
}

function event(payload: object): string {
  return `data: ${JSON.stringify(payload)}\n\n`;
}
