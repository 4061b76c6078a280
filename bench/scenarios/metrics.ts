import type { Metric } from './scenario.ts';

/** Told as it is. */
export function metric(id: string, title: string, unit: string): Metric {
  return { id, title, unit, isCompared: false };
}

/** Told beside its ratio to the yardstick. */
function compared(id: string, title: string, unit: string): Metric {
  return { id, title, unit, isCompared: true };
}

export const CPU_PER_TOKEN = compared('cpu_per_token', 'CPU a token', 'µs');
export const CPU_PER_STREAM = compared('cpu_per_stream', 'CPU a stream', 'µs');
export const TOKENS_PER_CHUNK = metric('tokens_per_chunk', 'tokens a chunk', '');
export const LATENCY_P50 = metric('latency_p50', 'latency p50', 'ms');
export const LATENCY_P99 = metric('latency_p99', 'latency p99', 'ms');
export const FIRST_TOKEN_P50 = metric('first_token_p50', 'first token p50', 'ms');
export const FIRST_TOKEN_P99 = metric('first_token_p99', 'first token p99', 'ms');
export const LOOP_DELAY_P99 = compared('loop_delay_p99', 'loop delay p99', 'ms');
export const LOAD_CPU = metric('load_cpu', 'load generator', 'µs');
export const PROVIDER_CPU = metric('provider_cpu', 'provider', 'µs');
