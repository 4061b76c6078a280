import { Crowd, type AnswerKind } from '../load/crowd.ts';
import { CpuWindow } from './cpu-window.ts';
import * as metrics from './metrics.ts';
import { halfAndWorst } from './quantiles.ts';
import type { Bench, Measurement, Scenario } from './scenario.ts';
import { latencies } from './times.ts';

const OPEN_EVERY_MS = 10;

/** Streams that are open side by side, a token each 20 ms. Measured while all of them are open. */
async function measure(bench: Bench, streams: number, kind: AnswerKind): Promise<Measurement> {
  const crowd = new Crowd(bench.server);
  await crowd.askSteadily(streams, OPEN_EVERY_MS, kind);
  await crowd.allOpened();
  let shares: ReturnType<CpuWindow['per']> | undefined;
  let tokensPerChunk = Number.NaN;
  const delay = await bench.watched(async () => {
    const window = new CpuWindow(bench);
    const { tokens, pieces } = crowd;
    await crowd.firstSaid();
    shares = window.per(crowd.tokens - tokens);
    tokensPerChunk = (crowd.tokens - tokens) / (crowd.pieces - pieces);
  });
  await crowd.allEnded();
  crowd.leave();
  const latency = halfAndWorst(latencies(crowd.readers, await bench.provider.take()));
  return {
    [metrics.CPU_PER_TOKEN.id]: shares!.server,
    [metrics.LATENCY_P50.id]: latency.p50,
    [metrics.LATENCY_P99.id]: latency.p99,
    [metrics.LOOP_DELAY_P99.id]: delay,
    [metrics.TOKENS_PER_CHUNK.id]: tokensPerChunk,
    [metrics.LOAD_CPU.id]: shares!.load,
    [metrics.PROVIDER_CPU.id]: shares!.provider,
  };
}

const PACED_METRICS = [
  metrics.CPU_PER_TOKEN,
  metrics.LATENCY_P50,
  metrics.LATENCY_P99,
  metrics.LOOP_DELAY_P99,
  metrics.TOKENS_PER_CHUNK,
  metrics.LOAD_CPU,
  metrics.PROVIDER_CPU,
];

export const paced: Scenario = {
  id: 'paced',
  title: 'Paced',
  description: '80 streams at a time, each with a token every 20 ms: 4,000 tokens a second.',
  metrics: PACED_METRICS,
  charts: [metrics.CPU_PER_TOKEN, metrics.LATENCY_P50, metrics.LATENCY_P99],
  measure: (bench) => measure(bench, 80, { tokens: 250, everyMs: 20, held: false }),
};

export const quiet: Scenario = {
  id: 'quiet',
  title: 'Quiet',
  description: '4 streams at a time, each with a token every 20 ms: little is going on.',
  metrics: PACED_METRICS,
  charts: [metrics.LATENCY_P50],
  measure: (bench) => measure(bench, 4, { tokens: 150, everyMs: 20, held: false }),
};
