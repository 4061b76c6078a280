import type { ModelConfig, ProviderConfig } from '../../../config/models-config.js';
import type { ModelDelta, ModelStream } from '../../model-stream.js';

/** A provider that a spec can change in what it is about. */
export function providerConfig(changes: Partial<ProviderConfig> = {}): ProviderConfig {
  return {
    id: 'acme',
    name: 'Acme',
    baseUrl: 'http://127.0.0.1:9/v1',
    apiKey: 'sk-acme-0123456789',
    unavailable: undefined,
    headers: {},
    streamUsage: true,
    unlistedModels: false,
    connectTimeoutMs: 10_000,
    firstTokenTimeoutMs: 10_000,
    tokenTimeoutMs: 10_000,
    ...changes,
  };
}

export function modelConfig(changes: Partial<ModelConfig> = {}): ModelConfig {
  return {
    name: 'acme-1',
    provider: 'acme',
    model: 'acme-1-large',
    capabilities: [],
    maxTokensField: 'max_tokens',
    fallbacks: [],
    continuation: 'instruct',
    firstTokenTimeoutMs: 10_000,
    tokenTimeoutMs: 10_000,
    ...changes,
  };
}

/** The JSON of a chunk with one choice. */
export function chunk(delta: unknown, finish: unknown = null, rest: object = {}): string {
  return JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...rest,
  });
}

/** Payloads as an event stream. */
export function events(...payloads: string[]): string {
  return payloads.map((payload) => `data: ${payload}\n\n`).join('');
}

/** A short whole answer, as an event stream: `Hello`, usage, `[DONE]`. */
export const HELLO = events(
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'Hel' }),
  chunk({ content: 'lo' }),
  chunk({}, 'stop', { usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } }),
  '[DONE]',
);

/** All deltas of a stream. */
export async function collect(stream: ModelStream): Promise<ModelDelta[]> {
  const deltas: ModelDelta[] = [];
  for await (const piece of stream) deltas.push(...piece);
  return deltas;
}

/** What a whole answer comes to, however it was cut. */
export interface Summary {
  text: string;
  reasoning: string;
  toolCalls: { id: string | undefined; name: string | undefined; arguments: string }[];
  finish: string | undefined;
  usage: { input: number; output: number; total: number } | undefined;
}

export function summarise(deltas: readonly ModelDelta[]): Summary {
  const summary: Summary = {
    text: '',
    reasoning: '',
    toolCalls: [],
    finish: undefined,
    usage: undefined,
  };
  for (const delta of deltas) {
    if (delta.type === 'text') summary.text += delta.text;
    else if (delta.type === 'reasoning') summary.reasoning += delta.text;
    else if (delta.type === 'finish') summary.finish = delta.reason;
    else if (delta.type === 'usage') {
      const { inputTokens: input, outputTokens: output, totalTokens: total } = delta.usage;
      summary.usage = { input, output, total };
    } else {
      const call = (summary.toolCalls[delta.index] ??= {
        id: delta.id,
        name: delta.name,
        arguments: '',
      });
      call.arguments += delta.argumentsDelta;
    }
  }
  return summary;
}
