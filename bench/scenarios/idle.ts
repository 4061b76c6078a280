import { setTimeout as pause } from 'node:timers/promises';
import { Crowd } from '../load/crowd.ts';
import * as metrics from './metrics.ts';
import type { Bench, Measurement, Metric, Scenario } from './scenario.ts';

const FEW = 1000;
const MANY = 5000;
const OPENING_AT_ONCE = 20;
const SETTLE_MS = 1000;
const WATCHED_MS = 4000;
const ANSWER = { tokens: 1, everyMs: 0, held: true };

const perStream = (of: 'rss' | 'heap', title: string, streams: number): Metric => ({
  id: `${of}_per_stream_${streams}`,
  title: `${title} a stream at ${streams.toLocaleString('en-US')}`,
  unit: 'KB',
  isCompared: of === 'rss',
});

const RSS_FEW = perStream('rss', 'memory', FEW);
const RSS_MANY = perStream('rss', 'memory', MANY);
const HEAP_MANY = perStream('heap', 'heap', MANY);

async function measure(bench: Bench): Promise<Measurement> {
  const { server } = bench;
  const before = await server.memory();
  const crowd = new Crowd(server);
  await crowd.openInTurn(FEW, OPENING_AT_ONCE, ANSWER);
  await pause(SETTLE_MS);
  const atFew = await server.memory();
  await crowd.openInTurn(MANY - FEW, OPENING_AT_ONCE, ANSWER);
  await pause(SETTLE_MS);
  const atMany = await server.memory();
  const delay = await bench.watched(() => pause(WATCHED_MS));
  crowd.leave();
  await bench.provider.take();
  const share = (of: 'rss' | 'heap', at: typeof before, streams: number) =>
    (at[of] - before[of]) / 1024 / streams;
  return {
    [RSS_FEW.id]: share('rss', atFew, FEW),
    [RSS_MANY.id]: share('rss', atMany, MANY),
    [HEAP_MANY.id]: share('heap', atMany, MANY),
    [metrics.LOOP_DELAY_P99.id]: delay,
  };
}

export const idle: Scenario = {
  id: 'idle',
  title: 'Idle',
  description: `Streams that have got their first token and wait: ${FEW.toLocaleString('en-US')}, then ${MANY.toLocaleString('en-US')}.`,
  metrics: [RSS_FEW, RSS_MANY, HEAP_MANY, metrics.LOOP_DELAY_P99],
  charts: [RSS_MANY],
  isFresh: true,
  measure,
};
