import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RunRetention } from '../src/runs/run-retention.js';
import { modelsFor } from './support/config-dir.js';
import { checkDelivery } from './support/delivery-check.js';
import { openStream, request } from './support/http-client.js';
import { chunksOf, contentOf } from './support/native-chunks.js';
import type { Script } from './support/provider/script.js';
import { stall } from './support/provider/faults.js';
import { answer, done, finish, role, text, usage } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';
import { ShiftedClock } from './support/shifted-clock.js';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
/** Where the clock is put in mid-run, one after the other. */
const JUMPS: readonly (readonly [string, readonly number[]])[] = [
  ['an hour ahead', [HOUR]],
  ['an hour back', [-HOUR]],
  ['a day ahead', [DAY]],
  ['a day back', [-DAY]],
  ['back and forth', [DAY, -DAY, HOUR, -HOUR, 0]],
];
/** Heartbeats are the clock of these tests: when one has come, whatever was due has happened. */
const HEARTBEATS = { HEARTBEAT_INTERVAL: '50ms' };
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

interface RunDocument {
  run_id: string;
  created_at: string;
  finished_at: string;
}

let clock: ShiftedClock;
let provider: ScriptedProvider;
let service: RunningService;

beforeEach(() => {
  clock = ShiftedClock.take();
});
afterEach(() => clock.putBack());

/** A service whose provider may be silent for a time before its first token, and between two. */
async function start(silence: string, env: Record<string, string> = {}): Promise<void> {
  provider = await ScriptedProvider.start();
  const models = modelsFor(provider.baseUrl);
  Object.assign(models.providers.scripted, {
    first_token_timeout: silence,
    token_timeout: silence,
  });
  service = await startService({ provider, modelsYaml: models, env });
}

async function stop(): Promise<void> {
  await service.close();
  await provider.close();
}

const open = (body = {}) =>
  openStream(`${service.url}/api/v1/chat`, { body: { message: 'Hi', stream: true, ...body } });
const runOf = async (id: unknown) =>
  (await request(`${service.url}/api/v1/runs/${String(id)}`)).json<RunDocument>();

describe('a clock that jumps in mid-run', () => {
  beforeAll(() => start('60s', { DISCONNECT_GRACE: '60s', HEADERS_WAIT: '60s', ...HEARTBEATS }));
  afterAll(stop);

  it.each(JUMPS)('leaves the answer whole when it goes %s', async (_, jumps) => {
    const gates = [0, ...jumps].map(() => provider.gate());
    provider.reply([
      gates.map((gate, index): Script => [role(), gate, text(`word${index} `)]),
      finish(),
      usage(),
      done(),
    ]);
    const before = performance.now();
    const opening = open();
    for (const [index, gate] of gates.entries()) {
      await gate.reached;
      if (index > 0) {
        const reading = await opening;
        await reading.event(index - 1);
        clock.jumpTo(jumps[index - 1]!);
        await reading.comment(reading.comments.length);
      }
      gate.open();
    }
    const reading = await opening;
    expect(await reading.ended).toBe('end');
    const elapsed = performance.now() - before;

    const runId = String(reading.headers['x-run-id']);
    const chunks = chunksOf(reading.events);
    const ids = reading.events.map((event) => Number(event.id));
    const truth = gates.map((_gate, index) => `word${index} `).join('');
    await checkDelivery(service.url, { runId, ids, chunks }, truth);

    const timings = chunks.at(-1)!['timings'] as { first_token_ms: number; total_ms: number };
    expect(timings.first_token_ms).toBeGreaterThanOrEqual(0);
    expect(timings.total_ms).toBeGreaterThanOrEqual(timings.first_token_ms);
    expect(timings.total_ms).toBeLessThanOrEqual(elapsed);

    const run = await runOf(runId);
    expect(run.created_at).toMatch(TIME);
    expect(run.finished_at).toMatch(TIME);
    expect(Date.parse(run.finished_at)).toBeGreaterThanOrEqual(Date.parse(run.created_at));
  });

  it('cancels no run that its reader comes back to in time', async () => {
    const gate = provider.gate();
    const script = [role(), text('a'), gate, text('b'), finish(), usage(), done()];
    provider.reply(script).reply(script);
    const first = await open({ on_disconnect: 'cancel' });
    const watched = await open();
    await Promise.all([first.event(0), watched.event(0)]);
    const id = String(first.headers['x-run-id']);
    first.cut();
    await service.log.until(({ msg, run_id }) => msg === 'request' && run_id === id);
    clock.jumpTo(DAY);
    await watched.comment(watched.comments.length);
    const second = await openStream(`${service.url}/api/v1/runs/${id}/stream?after=1`);
    gate.open();
    await Promise.all([second.ended, watched.ended]);
    expect(contentOf(second.events)).toBe('b');
  });

  it('makes no id twice, and keeps the runs in their order', async () => {
    provider.always(answer('a'));
    const asked: string[] = [];
    for (const jump of [0, HOUR, -HOUR, DAY, -DAY, 0, -DAY]) {
      clock.jumpTo(jump);
      const { run_id: id } = (
        await request(`${service.url}/api/v1/chat`, { body: { message: 'Hi' } })
      ).json();
      asked.push(String(id));
    }
    expect(new Set(asked).size).toBe(asked.length);
    const list = await request(`${service.url}/api/v1/runs?limit=${asked.length}`);
    const { data } = list.json<{ data: RunDocument[] }>();
    expect(data.map((run) => run.run_id)).toEqual(asked.toReversed());
    for (const run of data) expect(run.created_at).toMatch(TIME);
  });

  it('sweeps no run before its time, and each in the end', async () => {
    provider.always(answer('a'));
    const reading = await open();
    await reading.ended;
    const id = String(reading.headers['x-run-id']);
    const retention = service.app.get(RunRetention);
    for (const jump of [HOUR, -HOUR, -DAY, HOUR]) {
      clock.jumpTo(jump);
      await retention.sweep();
      expect(await runOf(id)).toMatchObject({ state: 'completed', text: 'a' });
    }
    clock.jumpTo(DAY + HOUR);
    await retention.sweep();
    const gone = await request(`${service.url}/api/v1/runs/${id}`);
    // An id that was made while the clock was ahead looks too young to have been swept.
    expect([404, 410]).toContain(gone.status);
  });
});

describe('a clock that jumps back', () => {
  afterEach(stop);

  it('stretches no deadline of a provider that is silent, and no heartbeat', async () => {
    await start('200ms', HEARTBEATS);
    provider.reply([role(), text('a'), stall()]);
    const reading = await open();
    await reading.event(0);
    clock.jumpTo(-DAY);
    expect(await reading.comment(0)).toBe('hb');
    expect(await reading.ended).toBe('end');
    expect(chunksOf(reading.events).at(-1)).toMatchObject({
      done: true,
      finish_reason: 'error',
      error: { code: 'provider_timeout' },
    });
    expect(await runOf(reading.headers['x-run-id'])).toMatchObject({ text: 'a' });
  });

  it('stretches no grace time', async () => {
    await start('60s', { DISCONNECT_GRACE: '100ms' });
    provider.reply([role(), text('a'), stall()]);
    const leaving = await open({ on_disconnect: 'cancel' });
    await leaving.event(0);
    leaving.cut();
    clock.jumpTo(-DAY);
    const id = leaving.headers['x-run-id'];
    await service.log.until(({ msg, run_id }) => msg === 'run finished' && run_id === id);
    expect(await runOf(id)).toMatchObject({ state: 'cancelled', text: 'a' });
  });
});
