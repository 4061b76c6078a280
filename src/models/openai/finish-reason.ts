import type { ModelFinishReason } from '../model-stream.js';
import { isObject } from './json-values.js';

/** How a provider says that it ended: a reason, or `'failed'` where it gave up in mid-answer. */
export type Finish = ModelFinishReason | 'failed';

/**
 * What providers put into `finish_reason`, in lower case. Beside OpenAI's own words: Gemini's and
 * Cohere's names, Anthropic's stop reasons, Mistral's `model_length`, DeepSeek's
 * `insufficient_system_resource`, Zhipu's `sensitive` and `network_error`, vLLM's `abort`, and
 * `error`, with which OpenRouter ends an answer whose upstream failed.
 */
const WORDS: Readonly<Record<Finish, readonly string[]>> = {
  stop: ['stop'],
  length: ['length', 'max_tokens', 'model_length', 'model_context_window_exceeded'],
  content_filter: [
    'content_filter',
    'content_filtered',
    'safety',
    'recitation',
    'blocklist',
    'prohibited_content',
    'spii',
    'image_safety',
    'refusal',
    'sensitive',
    'error_toxic',
  ],
  tool_calls: ['tool_calls', 'tool_call', 'tool_use', 'function_call'],
  failed: [
    'error',
    'abort',
    'network_error',
    'insufficient_system_resource',
    'malformed_function_call',
    'cancelled',
    'canceled',
  ],
};
const REASONS = new Map(
  (Object.keys(WORDS) as Finish[]).flatMap((finish) =>
    WORDS[finish].map((word): [string, Finish] => [word, finish]),
  ),
);

/** What some send with every chunk, for `null`. */
const NONE: ReadonlySet<string> = new Set(['', 'null', 'none']);

/**
 * Reads a `finish_reason`. Undefined: the answer goes on. An unknown word is a `stop`, since the
 * provider did say that it ended; so is a number other than 0, which some send for an enumeration.
 */
export function readFinishReason(value: unknown): Finish | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string') {
    const word = value.toLowerCase();
    return NONE.has(word) ? undefined : (REASONS.get(word) ?? 'stop');
  }
  if (typeof value === 'number' || typeof value === 'boolean') return value ? 'stop' : undefined;
  return isObject(value) && typeof value.type === 'string'
    ? readFinishReason(value.type)
    : undefined;
}
