import { dirname, join } from 'node:path';
import { chatRequest } from '../contenders/plain.ts';
import { Crowd } from '../load/crowd.ts';
import { startRun } from '../load/our-runs.ts';
import { CpuWindow } from './cpu-window.ts';
import { metric } from './metrics.ts';
import { halfAndWorst } from './quantiles.ts';
import type { Bench, Measurement, Scenario } from './scenario.ts';
import { addedToFirstToken } from './times.ts';

const MESSAGES = 10_000;
const REQUESTS = 20;
const WARM_UP = 5;
const ANSWER = { tokens: 1, everyMs: 0, held: false };
const FILL = join(import.meta.dirname, '../contenders/fill-session.ts');

const CPU_NEW = metric('cpu_new', 'CPU a request, new session', 'µs');
const CPU_LONG = metric('cpu_long', 'CPU a request, long session', 'µs');
const FIRST_NEW = metric('first_new', 'first token, new session', 'ms');
const FIRST_LONG = metric('first_long', 'first token, long session', 'ms');

/** One request after the other, in a session or each in a new one. */
async function ask(bench: Bench, sessionId?: string): Promise<{ cpu: number; first: number }> {
  const toRequest = (message: string) =>
    chatRequest(message, sessionId === undefined ? {} : { session_id: sessionId });
  const crowd = new Crowd(bench.server);
  await crowd.askInTurn(WARM_UP, 1, ANSWER, toRequest);
  const window = new CpuWindow(bench);
  await crowd.askInTurn(REQUESTS, 1, ANSWER, toRequest);
  const { server } = window.per(REQUESTS);
  crowd.leave();
  const measured = crowd.readers.slice(WARM_UP);
  const first = halfAndWorst(addedToFirstToken(measured, await bench.provider.take())).p50;
  return { cpu: server, first };
}

async function measure(bench: Bench): Promise<Measurement> {
  const { server } = bench;
  const { sessionId, response } = await startRun(server.port, { id: 0, seed: 0, ...ANSWER });
  await response.resume().toArray();
  await server.kill();
  await server.run(FILL, [dirname(server.contender.script), sessionId, String(MESSAGES)]);
  await server.revive();
  const short = await ask(bench);
  const long = await ask(bench, sessionId);
  return {
    [CPU_NEW.id]: short.cpu,
    [CPU_LONG.id]: long.cpu,
    [FIRST_NEW.id]: short.first,
    [FIRST_LONG.id]: long.first,
  };
}

export const session: Scenario = {
  id: 'session',
  title: 'Long session',
  description: `Requests in a session of ${MESSAGES.toLocaleString('en-US')} messages, beside requests that each begin one. The messages were written by the service's own store.`,
  metrics: [CPU_NEW, CPU_LONG, FIRST_NEW, FIRST_LONG],
  isFresh: true,
  charts: [],
  only: ['ours'],
  measure,
};
