import type { OpenAI } from 'openai';
import type { ProviderConfig } from '../../config/models-config.js';
import type { ContentPart, ModelMessage, ModelTool } from '../model-stream.js';

type Message = OpenAI.ChatCompletionMessageParam;
type Part = OpenAI.ChatCompletionContentPart;

/** How hosts want the beginning of an answer marked. Others want nothing, or have no such thing. */
const MARKS: readonly (readonly [host: RegExp, mark: Readonly<Record<string, true>>])[] = [
  // https://docs.mistral.ai, https://api-docs.deepseek.com/guides/chat_prefix_completion
  [/(^|\.)(mistral\.ai|deepseek\.com)$/, { prefix: true }],
  // https://www.alibabacloud.com/help/en/model-studio/partial-mode
  [/(^|\.)aliyuncs\.com$/, { partial: true }],
];

/**
 * Hosts that refuse a tool call of a thinking model which comes back without what it had thought.
 * https://api-docs.deepseek.com/guides/thinking_mode#tool-calls
 */
const WANT_REASONING = /(^|\.)(deepseek\.com|moonshot\.(ai|cn))$/;

/**
 * Hosts that refuse one without its thought signature. Others refuse one with it.
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 */
const WANT_EXTRA = /(^|\.)googleapis\.com$/;

/**
 * The messages as a provider gets them. A last message of the assistant's is the beginning of an
 * answer that is to be gone on with, marked as its host documents it.
 */
export function messagesFor(
  { baseUrl }: ProviderConfig,
  messages: readonly ModelMessage[],
  canSee = true,
): Message[] {
  const host = baseUrl === undefined ? '' : new URL(baseUrl).hostname;
  const sent = messages.map((message) => sentMessage(canSee ? message : unseen(message), host));
  const last = sent.at(-1);
  if (last?.role === 'assistant' && !last.tool_calls) Object.assign(last, markFor(host));
  return sent;
}

/** The tools as a provider gets them. */
export function toolsFor(tools: readonly ModelTool[]): OpenAI.ChatCompletionFunctionTool[] {
  return tools.map(({ name, description, parameters }) => ({
    type: 'function',
    function: { name, description, parameters: { ...parameters } },
  }));
}

/** Nothing but what the API names: a message may carry more that is ours, and strict providers refuse it. */
function sentMessage(message: ModelMessage, host: string): Message {
  switch (message.role) {
    case 'system':
    case 'user':
      // Only a user's message has parts, which the types of the client insist on.
      return { role: message.role, content: sentContent(message.content) } as Message;
    case 'tool':
      return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
    case 'assistant': {
      const { content, toolCalls = [], reasoning } = message;
      if (toolCalls.length === 0) return { role: 'assistant', content };
      const tool_calls = toolCalls.map(({ id, name, arguments: args, extra }) => ({
        id,
        type: 'function' as const,
        function: { name, arguments: args },
        ...(extra !== undefined && WANT_EXTRA.test(host) && { extra_content: extra }),
      }));
      const thought = reasoning !== undefined && WANT_REASONING.test(host);
      // A message that only calls has no content: some providers refuse an empty one.
      const said = {
        role: 'assistant',
        content: content === '' ? null : content,
        tool_calls,
      } as const;
      return thought ? Object.assign(said, { reasoning_content: reasoning }) : said;
    }
  }
}

/** A message of before, to a model that cannot see what others have seen. */
function unseen(message: ModelMessage): ModelMessage {
  const { role, content } = message;
  if (typeof content === 'string' || (role !== 'user' && role !== 'system')) return message;
  const texts = content.map((part) => (part.type === 'text' ? part.text : '[an image]'));
  return { role, content: texts.join('\n') };
}

function sentContent(content: string | readonly ContentPart[]): string | Part[] {
  return typeof content === 'string' ? content : content.map(sentPart);
}

function sentPart(part: ContentPart): Part {
  if (part.type === 'text') return { type: 'text', text: part.text };
  const { url, detail } = part;
  return { type: 'image_url', image_url: { url, ...(detail !== undefined && { detail }) } };
}

function markFor(host: string): Readonly<Record<string, true>> | undefined {
  return MARKS.find(([pattern]) => pattern.test(host))?.[1];
}
