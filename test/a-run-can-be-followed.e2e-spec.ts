import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { RunWatchers } from '../src/runs/run-watchers.js';
import { openStream, request } from './support/http-client.js';
import { contentOf } from './support/native-chunks.js';
import { answer, done, finish, role, text, usage } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

describe('a run', () => {
  let provider: ScriptedProvider;
  let service: RunningService;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    service = await startService({ provider });
  });
  afterAll(async () => {
    await service.close();
    await provider.close();
  });

  const start = (body = {}) =>
    openStream(`${service.url}/api/v1/chat`, { body: { message: 'Hi', stream: true, ...body } });
  const follow = (id: string, options: { query?: string; lastEventId?: string } = {}) =>
    openStream(`${service.url}/api/v1/runs/${id}/stream${options.query ?? ''}`, {
      headers: options.lastEventId === undefined ? {} : { 'last-event-id': options.lastEventId },
    });

  /** A run that has ended, and all that its first reader got. */
  async function finished() {
    const gates = [provider.gate(), provider.gate()];
    provider.reply([
      role(),
      text('a'),
      gates[0]!,
      text('b'),
      gates[1]!,
      text('c'),
      finish(),
      usage(),
      done(),
    ]);
    const first = await start();
    await first.event(0);
    gates[0]!.open();
    await first.event(1);
    gates[1]!.open();
    await first.ended;
    return { id: String(first.headers['x-run-id']), first };
  }

  it('goes on when its reader is cut, and gives the rest to whoever resumes, byte for byte', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('a'), gate, text('b'), finish(), usage(), done()]);
    const reader = await start();
    await reader.event(0);
    reader.cut();
    const id = String(reader.headers['x-run-id']);
    const resumed = await follow(id, { lastEventId: '1' });
    gate.open();
    await resumed.ended;
    expect(resumed.events.map((event) => event.id)).toEqual(['2', '4']);
    expect(contentOf([...reader.events, ...resumed.events])).toBe('ab');
    const replay = await follow(id);
    await replay.ended;
    expect(replay.text).toBe(reader.text + resumed.text.slice(1));
  });

  it('gives many readers the same bytes, whenever they join', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('a'), gate, text('b'), finish(), usage(), done()]);
    const first = await start();
    await first.event(0);
    const id = String(first.headers['x-run-id']);
    const joined = await Promise.all(Array.from({ length: 10 }, () => follow(id)));
    await Promise.all(joined.map((reader) => reader.event(0)));
    gate.open();
    const late = await follow(id);
    for (const reader of [first, ...joined, late]) {
      expect(await reader.ended).toBe('end');
      expect(reader.text).toBe(first.text);
    }
  });

  it('is read from any position; Last-Event-ID wins over `after`', async () => {
    const { id, first } = await finished();
    const ids = first.events.map((event) => event.id);
    // Event 4, the end of the model call, has no chunk.
    expect(ids).toEqual(['1', '2', '3', '5']);
    for (const [options, expected] of [
      [{}, ids],
      [{ query: '?after=0' }, ids],
      [{ query: '?after=2' }, ['3', '5']],
      [{ lastEventId: '3' }, ['5']],
      [{ lastEventId: '4' }, ['5']],
      [{ lastEventId: '' }, ids],
      [{ query: '?after=1', lastEventId: '3' }, ['5']],
    ] as const) {
      const reading = await follow(id, options);
      await reading.ended;
      expect(reading.status).toBe(200);
      expect(reading.events.map((event) => event.id)).toEqual(expected);
    }
  });

  it('answers 204 to a reader that has seen the end, so that an EventSource stops', async () => {
    const { id } = await finished();
    const reading = await follow(id, { lastEventId: '5' });
    expect(await reading.ended).toBe('end');
    expect(reading.status).toBe(204);
    expect(reading.text).toBe('');
  });

  it.each([
    'x',
    '-1',
    '+1',
    '1.5',
    '99999999999999999999',
    '6',
    '1e3',
    '0x1',
    '1 2',
    '1, 2',
    '"1"',
  ])('refuses the position %j, in the header and in the query', async (position) => {
    const { id } = await finished();
    const header = await request(`${service.url}/api/v1/runs/${id}/stream`, {
      headers: { 'last-event-id': position },
    });
    const query = await request(
      `${service.url}/api/v1/runs/${id}/stream?after=${encodeURIComponent(position)}`,
    );
    for (const refused of [header, query]) {
      expect(refused.status).toBe(400);
      expect(refused.json()).toMatchObject({ code: 'position_invalid' });
    }
  });

  it('refuses a position that is empty or told twice', async () => {
    const { id } = await finished();
    for (const query of ['?after=', '?after', '?after=1&after=1']) {
      const refused = await request(`${service.url}/api/v1/runs/${id}/stream${query}`);
      expect([query, refused.status]).toEqual([query, 400]);
      expect(refused.json()).toMatchObject({ code: 'position_invalid' });
    }
  });

  it('refuses a position that the log has not come to, and takes it as soon as it has', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('a'), gate, text('b'), finish(), usage(), done()]);
    const reader = await start();
    await reader.event(0);
    const id = String(reader.headers['x-run-id']);
    const early = await request(`${service.url}/api/v1/runs/${id}/stream?after=2`);
    expect([early.status, early.json()['code']]).toEqual([400, 'position_invalid']);
    gate.open();
    const { id: second } = await reader.event(1);
    const following = await follow(id, { query: `?after=${second}` });
    await following.ended;
    expect(following.events.map((event) => event.json()['done'])).toEqual([true]);
    await reader.ended;
  });

  it('is described by GET, while it runs and after', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('Hel'), gate, text('lo'), finish(), usage(), done()]);
    const reading = await start({ metadata: { ticket: '4711' } });
    await reading.event(0);
    const id = String(reading.headers['x-run-id']);
    const running = await request(`${service.url}/api/v1/runs/${id}`);
    expect(running.json()).toEqual({
      run_id: id,
      session_id: reading.headers['x-session-id'],
      state: 'running',
      model: 'test-model',
      agent: 'assistant',
      text: 'Hel',
      usage: null,
      finish_reason: null,
      error: null,
      metadata: { ticket: '4711' },
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      finished_at: null,
    });
    gate.open();
    await reading.ended;
    const over = await request(`${service.url}/api/v1/runs/${id}`);
    expect(over.json()).toMatchObject({
      state: 'completed',
      text: 'Hello',
      usage: { input_tokens: 10, output_tokens: 2, total_tokens: 12 },
      finish_reason: 'stop',
      finished_at: expect.stringMatching(/Z$/),
    });
  });

  it('is not shown as completed without all of its text, though it ends while it is looked at', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('Hel'), gate, text('lo'), finish(), usage(), done()]);
    const reading = await start();
    await reading.event(0);
    const id = String(reading.headers['x-run-id']);
    const watchers = service.app.get(RunWatchers);
    const look = watchers.reduction.bind(watchers);
    jest.spyOn(watchers, 'reduction').mockImplementationOnce(async (key) => {
      const early = await look(key);
      gate.open();
      await reading.ended;
      return early;
    });
    const shown = await request(`${service.url}/api/v1/runs/${id}`);
    expect(shown.json()).toMatchObject({ state: 'completed', text: 'Hello' });
  });

  it('is not found under ids that are unknown or no ids', async () => {
    for (const id of [
      'x',
      '0198C2A4-7D3E-7C55-9F0A-2B1F6C1D9E21',
      `${'f'.repeat(8)}-ffff-7fff-8fff-${'f'.repeat(12)}`,
    ]) {
      for (const path of ['', '/stream']) {
        const answered = await request(`${service.url}/api/v1/runs/${id}${path}`);
        expect(answered.status).toBe(404);
        expect(answered.json()).toMatchObject({ code: 'run_not_found' });
      }
    }
  });

  it('is gone, and says so, once it has been kept long enough', async () => {
    const forgetful = await startService({ provider, env: { RUN_RETENTION: '10ms' } });
    try {
      provider.reply(answer('a'));
      const reading = await openStream(`${forgetful.url}/api/v1/chat`, {
        body: { message: 'Hi', stream: true },
      });
      await reading.ended;
      await forgetful.log.until(({ msg }) => msg === 'finished runs swept');
      const id = String(reading.headers['x-run-id']);
      for (const path of ['', '/stream']) {
        const gone = await request(`${forgetful.url}/api/v1/runs/${id}${path}`);
        expect(gone.status).toBe(410);
        expect(gone.json()).toMatchObject({ code: 'run_expired' });
      }
    } finally {
      await forgetful.close();
    }
  });
});
