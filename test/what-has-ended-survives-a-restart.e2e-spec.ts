import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openStream, request } from './support/http-client.js';
import { ASKING, inDatabase, KillableService } from './support/killable-service.js';
import { httpError, stall } from './support/provider/faults.js';
import { answer, reasoning, role, text } from './support/provider/steps.js';

describe('what has ended', () => {
  let service: KillableService;

  beforeEach(async () => {
    service = await KillableService.start();
  });
  afterEach(() => service.close());

  const chat = (body: object, key: string) => service.chat(body, { 'idempotency-key': key });

  /** All that can be asked of runs, byte by byte. */
  const all = async (ids: readonly string[]) => {
    const paths = ['/runs', '/runs?state=completed', '/runs?idempotency_key=whole'];
    const documents = [...paths, ...ids.map((id) => `/runs/${id}`)];
    const answers = [];
    for (const path of documents) answers.push((await service.get(path)).body);
    for (const id of ids) {
      const stream = await openStream(`${service.url}/api/v1/runs/${id}/stream`);
      expect(await stream.ended).toBe('end');
      answers.push(stream.text);
    }
    return answers;
  };

  it.each([
    ['SIGKILL', () => service.restart()],
    ['a clean stop', () => service.stopAndStart()],
  ])('is the same to the byte after %s', async (_, again) => {
    const whole = { message: 'Hi', metadata: { a: 'b' } };
    service.provider.reply([reasoning('Hm'), answer('Hello ', 'there')]);
    const completed = await chat(whole, 'whole');
    const session = completed.json()['session_id'];
    service.provider.reply(httpError(401));
    const failed = await chat({ message: 'And?', session_id: session }, 'failed');
    expect([completed.status, failed.status]).toEqual([200, 502]);
    const cancelled = await service.begin(text('Part'), 'Part');
    await request(`${service.url}/api/v1/runs/${cancelled.id}/cancel`, { method: 'POST' });
    const ids = [completed.json()['run_id'], failed.json()['run_id'], cancelled.id].map(String);
    const streamed = () =>
      openStream(`${service.url}/api/v1/chat`, {
        body: { ...whole, stream: true },
        headers: { 'idempotency-key': 'whole' },
      });
    const replay = await streamed();
    await replay.ended;
    const before = await all(ids);
    const asked = service.provider.requests.length;
    await again();
    expect(await all(ids)).toEqual(before);
    expect((await chat(whole, 'whole')).body).toBe(completed.body);
    const replayed = await streamed();
    await replayed.ended;
    expect(replayed.text).toBe(replay.text);
    const stranger = await chat({ message: 'Another' }, 'whole');
    expect(stranger.status).toBe(409);
    expect(stranger.json()).toMatchObject({ code: 'idempotency_conflict', run_id: ids[0] });
    expect(service.provider.requests.length).toBe(asked);
    service.provider.reply(answer('Well'));
    expect((await service.chat({ message: 'Well?', session_id: session })).status).toBe(200);
    expect(service.lastRequest.body.messages.map(({ content }) => content)).toEqual([
      'You are a test assistant.',
      'Hi',
      'Hello there',
      'Well?',
    ]);
  });

  it.each([
    ['while the service runs', true],
    ['when it has been down meanwhile', false],
  ])('is swept after RUN_RETENTION %s: its log, its key, its rows', async (_, up) => {
    service.provider.reply(answer('Hello'));
    if (up) await service.restart({ env: { RUN_RETENTION: '1s' } });
    const first = await chat(ASKING, 'again');
    const id = String(first.json()['run_id']);
    if (!up) {
      await service.restart({ env: { RUN_RETENTION: '1s' }, change: () => wait(1_100) });
    }
    await service.log.until(({ msg }) => msg === 'finished runs swept');
    for (const path of [`/runs/${id}`, `/runs/${id}/stream`]) {
      const gone = await service.get(path);
      expect(gone.status).toBe(410);
      expect(gone.json()).toMatchObject({ code: 'run_expired' });
    }
    expect((await service.get('/runs')).json()['data']).toEqual([]);
    const rows = service.database((db) =>
      ['runs', 'run_logs', 'run_events'].map((table) =>
        db.prepare(`SELECT count(*) FROM ${table}`).pluck().get(),
      ),
    );
    expect(rows).toEqual([0, 0, 0]);
    service.provider.reply(answer('Hello again'));
    const second = await chat(ASKING, 'again');
    expect(second.json()).toMatchObject({ message: { content: 'Hello again' } });
    expect(second.json()['run_id']).not.toBe(id);
  });

  it('leaves its session what was said', async () => {
    await service.restart({ env: { RUN_RETENTION: '1s' } });
    service.provider.reply(answer('Hello'));
    const { session_id: session, run_id: id } = (await service.chat({ message: 'Hi' })).json();
    await service.log.until(({ msg }) => msg === 'finished runs swept');
    expect((await service.get(`/runs/${String(id)}`)).status).toBe(410);
    await service.restart();
    service.provider.reply(answer('Well'));
    expect((await service.chat({ message: 'And?', session_id: session })).status).toBe(200);
    expect(service.lastRequest.body.messages.map(({ content }) => content)).toEqual([
      'You are a test assistant.',
      'Hi',
      'Hello',
      'And?',
    ]);
  });

  it('does not take with it what goes on', async () => {
    const run = await service.begin(text('Long'), 'Long');
    const gate = service.provider.gate();
    service.provider.reply([role(), gate, stall()]);
    await service.restart({
      env: { RUN_RETENTION: '1s' },
      change: (directory) =>
        inDatabase(directory, (db) =>
          db.prepare('UPDATE runs SET created_at = created_at - 60000').run(),
        ),
    });
    await gate.reached;
    service.provider.reply(answer('Hello'));
    const { run_id: other } = (await service.chat(ASKING)).json();
    await service.log.until(({ msg }) => msg === 'finished runs swept');
    expect((await service.get(`/runs/${String(other)}`)).status).toBe(410);
    expect((await service.get(`/runs/${run.id}`)).json()).toMatchObject({
      state: 'running',
      text: 'Long',
    });
  });
});
