import type { Usage } from '../model-stream.js';
import { count, isObject, type JsonObject } from './json-values.js';

/**
 * The usage that a chunk carries: at its top, in the choice (Moonshot) or in `x_groq` (Groq).
 * Undefined where it counts nothing. What is missing is worked out from the rest.
 */
export function readUsage(chunk: JsonObject, choice: JsonObject | undefined): Usage | undefined {
  const groq = chunk.x_groq;
  const usage = chunk.usage ?? choice?.usage ?? (isObject(groq) ? groq.usage : undefined);
  if (!isObject(usage)) return undefined;
  const input = count(usage.prompt_tokens) ?? count(usage.input_tokens);
  const output = count(usage.completion_tokens) ?? count(usage.output_tokens);
  const total = count(usage.total_tokens);
  if (input === undefined && output === undefined && total === undefined) return undefined;
  const inputTokens = input ?? Math.max(0, (total ?? 0) - (output ?? 0));
  const outputTokens = output ?? Math.max(0, (total ?? 0) - inputTokens);
  return { inputTokens, outputTokens, totalTokens: total ?? inputTokens + outputTokens };
}
