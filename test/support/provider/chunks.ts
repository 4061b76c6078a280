import type { ProviderRequest } from './provider-request.js';

/** What a chunk adds to the answer (OpenAI's `choices[0].delta`, plus `reasoning_content`). */
export interface Delta {
  role?: 'assistant';
  content?: string | null;
  reasoning_content?: string;
  tool_calls?: readonly ToolCallDelta[];
  [field: string]: unknown;
}

/** A piece of one tool call; `id`, `type` and the name come with its first piece only. */
export interface ToolCallDelta {
  index: number;
  id?: string;
  type?: 'function';
  function: { name?: string; arguments: string };
}

/** OpenAI's token counts. */
export interface UsageBody {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

/** The members that all chunks of one answer share, in OpenAI's order. */
export function envelope(request: ProviderRequest, object: string): Record<string, unknown> {
  return {
    id: `chatcmpl-scripted-${request.number}`,
    object,
    created: 1_750_000_000 + request.number,
    model: request.body.model,
    service_tier: 'default',
    system_fingerprint: 'fp_scripted',
  };
}

/** One `data:` event of a stream, as its bytes on the wire. */
export function sse(payload: unknown): Buffer {
  return Buffer.from(`data: ${JSON.stringify(payload)}\n\n`);
}

/** Whether the caller asked for the usage chunk; without it OpenAI sends none. */
export function wantsUsage(request: ProviderRequest): boolean {
  return request.body.stream_options?.include_usage === true;
}
