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
 * The messages as a provider gets them. A last message of the assistant's is the beginning of an
 * answer that is to be gone on with, marked as its host documents it.
 */
export function messagesFor(
  { baseUrl }: ProviderConfig,
  messages: readonly ModelMessage[],
): Message[] {
  const sent = messages.map(sentMessage);
  const last = sent.at(-1);
  if (last?.role === 'assistant') Object.assign(last, markFor(baseUrl));
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
function sentMessage(message: ModelMessage): Message {
  switch (message.role) {
    case 'system':
    case 'user':
      // Only a user's message has parts, which the types of the client insist on.
      return { role: message.role, content: sentContent(message.content) } as Message;
    case 'tool':
      return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
    case 'assistant': {
      const { content, toolCalls = [] } = message;
      if (toolCalls.length === 0) return { role: 'assistant', content };
      const tool_calls = toolCalls.map(({ id, name, arguments: args }) => ({
        id,
        type: 'function' as const,
        function: { name, arguments: args },
      }));
      // A message that only calls has no content: some providers refuse an empty one.
      return { role: 'assistant', content: content === '' ? null : content, tool_calls };
    }
  }
}

function sentContent(content: string | readonly ContentPart[]): string | Part[] {
  return typeof content === 'string' ? content : content.map(sentPart);
}

function sentPart(part: ContentPart): Part {
  if (part.type === 'text') return { type: 'text', text: part.text };
  const { url, detail } = part;
  return { type: 'image_url', image_url: { url, ...(detail !== undefined && { detail }) } };
}

function markFor(baseUrl: string | undefined): Readonly<Record<string, true>> | undefined {
  const host = baseUrl === undefined ? '' : new URL(baseUrl).hostname;
  return MARKS.find(([pattern]) => pattern.test(host))?.[1];
}
