import { Crowd } from '../load/crowd.ts';
import { CpuWindow } from './cpu-window.ts';
import * as metrics from './metrics.ts';
import { halfAndWorst } from './quantiles.ts';
import type { Bench, Measurement, Scenario } from './scenario.ts';
import { addedToFirstToken } from './times.ts';

/** One at a time, as when little is going on: what the first token of each takes. */
const SPACED = { requests: 200, everyMs: 10 };
/** One upon the other, as when many come: what each costs. */
const CROWDED = { requests: 1000, atOnce: 10 };
const ANSWER = { tokens: 1, everyMs: 0, held: false };

async function measure(bench: Bench): Promise<Measurement> {
  const spaced = new Crowd(bench.server);
  await spaced.askSteadily(SPACED.requests, SPACED.everyMs, ANSWER);
  await spaced.allEnded();
  spaced.leave();
  const added = halfAndWorst(addedToFirstToken(spaced.readers, await bench.provider.take()));

  const crowded = new Crowd(bench.server);
  let shares: ReturnType<CpuWindow['per']> | undefined;
  await bench.watched(async () => {
    const window = new CpuWindow(bench);
    await crowded.askInTurn(CROWDED.requests, CROWDED.atOnce, ANSWER);
    shares = window.per(CROWDED.requests);
  });
  crowded.leave();
  await bench.provider.take();
  return {
    [metrics.CPU_PER_STREAM.id]: shares!.server,
    [metrics.FIRST_TOKEN_P50.id]: added.p50,
    [metrics.FIRST_TOKEN_P99.id]: added.p99,
    [metrics.LOAD_CPU.id]: shares!.load,
    [metrics.PROVIDER_CPU.id]: shares!.provider,
  };
}

export const opening: Scenario = {
  id: 'opening',
  title: 'Opening',
  description:
    `Streams of one token each: ${CROWDED.requests.toLocaleString('en-US')}, ` +
    `${CROWDED.atOnce} at a time, for the CPU; ` +
    `${SPACED.requests}, one every ${SPACED.everyMs} ms, for the first token.`,
  metrics: [
    metrics.CPU_PER_STREAM,
    metrics.FIRST_TOKEN_P50,
    metrics.FIRST_TOKEN_P99,
    metrics.LOAD_CPU,
    metrics.PROVIDER_CPU,
  ],
  charts: [metrics.CPU_PER_STREAM, metrics.FIRST_TOKEN_P50],
  measure,
};
