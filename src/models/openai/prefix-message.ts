import type { ProviderConfig } from '../../config/models-config.js';
import type { ModelMessage } from '../model-stream.js';

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
): ModelMessage[] {
  // Only these two: a message may carry more that is ours, and strict providers refuse it.
  const sent = messages.map(({ role, content }) => ({ role, content }));
  const last = sent.at(-1);
  if (last?.role === 'assistant') Object.assign(last, markFor(baseUrl));
  return sent;
}

function markFor(baseUrl: string | undefined): Readonly<Record<string, true>> | undefined {
  const host = baseUrl === undefined ? '' : new URL(baseUrl).hostname;
  return MARKS.find(([pattern]) => pattern.test(host))?.[1];
}
