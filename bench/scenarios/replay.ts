import { on } from 'node:events';
import { followRun, startRun } from '../load/our-runs.ts';
import { RunReader } from '../load/run-reader.ts';
import type { AnswerSpec } from '../answer.ts';
import { cpuUs } from '../processes/cpu.ts';
import { metric } from './metrics.ts';
import { halfAndWorst } from './quantiles.ts';
import type { Bench, Measurement, Scenario } from './scenario.ts';

/** A token each millisecond, so that each becomes a chunk; some share one all the same. */
const SPEC: AnswerSpec = { id: 0, seed: 1, tokens: 12_500, everyMs: 1, held: false };
const CHUNKS = 10_000;
const REPLAYS = 20;

const FIRST_BYTE = metric('first_byte', 'first byte', 'ms');
const THROUGHPUT = metric('throughput', 'throughput', 'MB/s');
const CPU_PER_CHUNK = metric('cpu_per_chunk', 'CPU a chunk', 'µs');
const SIZE = metric('size', 'size', 'KB');

interface Replay {
  firstByteMs: number;
  totalMs: number;
  bytes: number;
}

async function replay(port: number, runId: string): Promise<Replay> {
  const begun = performance.now();
  const response = await followRun(port, runId);
  const pieces: Buffer[] = [];
  let firstByteMs = Number.NaN;
  for await (const [piece] of on(response, 'data', { close: ['end'] })) {
    if (pieces.length === 0) firstByteMs = performance.now() - begun;
    pieces.push(piece as Buffer);
  }
  const totalMs = performance.now() - begun;
  const body = Buffer.concat(pieces);
  const reader = new RunReader(SPEC);
  reader.take(body.toString());
  reader.mustBeWhole();
  if (reader.chunks < CHUNKS) throw new Error(`only ${reader.chunks} chunks to be replayed`);
  return { firstByteMs, totalMs, bytes: body.length };
}

async function measure({ server, provider }: Bench): Promise<Measurement> {
  const { runId, response } = await startRun(server.port, SPEC);
  const reader = new RunReader(SPEC);
  for await (const bytes of response.setEncoding('utf8')) reader.take(bytes as string);
  reader.mustBeWhole();
  await provider.take();
  const cpuBefore = cpuUs(server.pid);
  const replays: Replay[] = [];
  for (let turn = 0; turn < REPLAYS; turn += 1) replays.push(await replay(server.port, runId));
  const cpu = cpuUs(server.pid) - cpuBefore;
  const median = (of: (replay: Replay) => number) => halfAndWorst(replays.map(of)).p50;
  return {
    [FIRST_BYTE.id]: median(({ firstByteMs }) => firstByteMs),
    [THROUGHPUT.id]: median(({ bytes, totalMs }) => bytes / 1000 / totalMs),
    [CPU_PER_CHUNK.id]: cpu / REPLAYS / reader.chunks,
    [SIZE.id]: replays[0]!.bytes / 1000,
  };
}

export const replayed: Scenario = {
  id: 'replay',
  title: 'Replay',
  description: `A finished run of more than ${CHUNKS.toLocaleString('en-US')} chunks is read again, ${REPLAYS} times, from its beginning.`,
  metrics: [FIRST_BYTE, THROUGHPUT, CPU_PER_CHUNK, SIZE],
  charts: [],
  only: ['ours'],
  measure,
};
