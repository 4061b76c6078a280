import { Crowd } from '../load/crowd.ts';
import { CpuWindow } from './cpu-window.ts';
import * as metrics from './metrics.ts';
import type { Bench, Measurement, Scenario } from './scenario.ts';

const STREAMS = 80;
const TOKENS = 1000;
const OPEN_EVERY_MS = 5;

const TOKENS_PER_SECOND = metrics.metric('tokens_per_second', 'tokens a second', '');

async function measure(bench: Bench): Promise<Measurement> {
  const crowd = new Crowd(bench.server);
  await crowd.askSteadily(STREAMS, OPEN_EVERY_MS, { tokens: TOKENS, everyMs: 0, held: true });
  await crowd.allOpened();
  const tokens = STREAMS * (TOKENS - 1);
  let shares: ReturnType<CpuWindow['per']> | undefined;
  let seconds = Number.NaN;
  await bench.watched(async () => {
    const window = new CpuWindow(bench);
    const begun = performance.now();
    await bench.provider.release();
    await crowd.allSaid();
    seconds = (performance.now() - begun) / 1000;
    shares = window.per(tokens);
  });
  const tokensPerChunk = tokens / (crowd.pieces - STREAMS);
  await bench.provider.release();
  await crowd.allEnded();
  crowd.leave();
  return {
    [metrics.CPU_PER_TOKEN.id]: shares!.server,
    [TOKENS_PER_SECOND.id]: tokens / seconds,
    [metrics.TOKENS_PER_CHUNK.id]: tokensPerChunk,
    [metrics.LOAD_CPU.id]: shares!.load,
    [metrics.PROVIDER_CPU.id]: shares!.provider,
  };
}

export const burst: Scenario = {
  id: 'burst',
  title: 'Burst',
  description: `${STREAMS} open streams get ${TOKENS - 1} tokens each, all at once.`,
  metrics: [
    metrics.CPU_PER_TOKEN,
    TOKENS_PER_SECOND,
    metrics.TOKENS_PER_CHUNK,
    metrics.LOAD_CPU,
    metrics.PROVIDER_CPU,
  ],
  charts: [metrics.CPU_PER_TOKEN],
  measure,
};
