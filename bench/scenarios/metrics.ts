import type { Metric } from './scenario.ts';

export const CPU_PER_TOKEN: Metric = {
  id: 'cpu_per_token',
  title: 'CPU a token',
  unit: 'µs',
  isCompared: true,
};

export const CPU_PER_STREAM: Metric = {
  id: 'cpu_per_stream',
  title: 'CPU a stream',
  unit: 'µs',
  isCompared: true,
};

export const TOKENS_PER_CHUNK: Metric = {
  id: 'tokens_per_chunk',
  title: 'tokens a chunk',
  unit: '',
  isCompared: false,
};

export const LATENCY_P50: Metric = {
  id: 'latency_p50',
  title: 'latency p50',
  unit: 'ms',
  isCompared: false,
};

export const LATENCY_P99: Metric = {
  id: 'latency_p99',
  title: 'latency p99',
  unit: 'ms',
  isCompared: false,
};

export const FIRST_TOKEN_P50: Metric = {
  id: 'first_token_p50',
  title: 'first token p50',
  unit: 'ms',
  isCompared: false,
};

export const FIRST_TOKEN_P99: Metric = {
  id: 'first_token_p99',
  title: 'first token p99',
  unit: 'ms',
  isCompared: false,
};

export const LOOP_DELAY_P99: Metric = {
  id: 'loop_delay_p99',
  title: 'loop delay p99',
  unit: 'ms',
  isCompared: true,
};

export const LOAD_CPU: Metric = {
  id: 'load_cpu',
  title: 'load generator',
  unit: 'µs',
  isCompared: false,
};

export const PROVIDER_CPU: Metric = {
  id: 'provider_cpu',
  title: 'provider',
  unit: 'µs',
  isCompared: false,
};
