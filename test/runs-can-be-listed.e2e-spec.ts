import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { newId } from '../src/http/id.js';
import { RunLog } from '../src/runs/run-log.js';
import { RunStore } from '../src/runs/run-store.js';
import { request } from './support/http-client.js';
import { answer, done, finish, role, text, usage } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

interface RunList {
  data: { run_id: string; state: string; text: string; session_id: string }[];
  next_cursor: string | null;
}

describe('the list of runs', () => {
  let provider: ScriptedProvider;
  let service: RunningService;
  let runs: string;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    service = await startService({ provider });
    runs = `${service.url}/api/v1/runs`;
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  afterAll(async () => {
    await service.close();
    await provider.close();
  });

  const ask = (body: object = {}, headers = {}) =>
    request(`${service.url}/api/v1/chat`, { body: { message: 'Hi', ...body }, headers });

  async function list(query: Record<string, string> = {}): Promise<RunList> {
    const answered = await request(`${runs}?${new URLSearchParams(query).toString()}`);
    expect([answered.status, answered.body.slice(0, 300)]).toEqual([200, expect.anything()]);
    return answered.json<RunList>();
  }

  /** The ids of each page, from the first to the last. */
  async function pages(query: Record<string, string>): Promise<string[][]> {
    const all: string[][] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: RunList = await list(cursor === '' ? query : { ...query, cursor });
      all.push(page.data.map(({ run_id: id }) => id));
      cursor = page.next_cursor;
    }
    return all;
  }

  /** A session with so many runs, one after another. @returns their ids, the newest first */
  async function session(count: number, ...texts: string[]): Promise<[id: string, runs: string[]]> {
    let sessionId: string | undefined;
    const ids: string[] = [];
    for (let index = 0; index < count; index += 1) {
      provider.reply(answer(texts[index] ?? `answer ${index}`));
      const answered = await ask({ session_id: sessionId ?? null });
      const { session_id: id, run_id: runId } = answered.json<{
        session_id: string;
        run_id: string;
      }>();
      sessionId = id;
      ids.unshift(runId);
    }
    return [sessionId!, ids];
  }

  it('shows each run as it is shown alone, the newest first', async () => {
    const [, ids] = await session(2);
    const { data } = await list();
    expect(data.slice(0, 2).map(({ run_id: id }) => id)).toEqual(ids);
    for (const run of data.slice(0, 2)) {
      expect(run).toEqual((await request(`${runs}/${run.run_id}`)).json());
    }
    expect(data[0]).toMatchObject({ state: 'completed', text: 'answer 1' });
  });

  it('holds 50 runs where no limit is asked for, and goes on from there', async () => {
    provider.always(answer('a'));
    const ids = await Promise.all(
      Array.from({ length: 51 }, async () => (await ask()).json<{ run_id: string }>().run_id),
    );
    const first = await list();
    expect(first.data.map(({ run_id: id }) => id)).toEqual(ids.sort().reverse().slice(0, 50));
    const second = await list({ cursor: first.next_cursor! });
    expect(second.data[0]!.run_id).toBe(ids[50]);
    expect((await list({ limit: '500' })).data.length).toBeGreaterThan(51);
  });

  it.each([
    [1, [1, 1, 1, 1]],
    [2, [2, 2]],
    [3, [3, 1]],
    [4, [4]],
    [5, [4]],
  ])('is read in pages of %i, each run once, and says where it ends', async (limit, sizes) => {
    const [id, ids] = await session(4);
    const read = await pages({ session_id: id, limit: String(limit) });
    expect(read.map(({ length }) => length)).toEqual(sizes);
    expect(read.flat()).toEqual(ids);
  });

  it('has cursors that stand as they are in an address', async () => {
    const [id] = await session(2);
    const { next_cursor: cursor } = await list({ session_id: id, limit: '1' });
    expect(cursor).toMatch(/^[\w-]{22}$/);
  });

  it('does not show runs that begin while it is read', async () => {
    const [id, ids] = await session(2);
    const first = await list({ session_id: id, limit: '1' });
    provider.reply(answer('later'));
    await ask({ session_id: id });
    const second = await list({ session_id: id, limit: '1', cursor: first.next_cursor! });
    expect(second.data[0]!.run_id).toBe(ids[1]);
    expect(second.next_cursor).toBeNull();
  });

  it('is narrowed by session, state and key, and by all of them together', async () => {
    const key = 'the-listed-one';
    const gate = provider.gate();
    provider.reply([role(), text('Hel'), gate, text('lo'), finish(), usage(), done()]);
    const begun = await ask({ background: true }, { 'idempotency-key': key });
    await gate.reached;
    const { run_id: first } = begun.json<{ run_id: string }>();
    const sessionId = String(begun.headers['x-session-id']);
    const waiting = await ask({ session_id: sessionId, on_busy: 'queue', background: true });
    const { run_id: second } = waiting.json<{ run_id: string }>();

    const idsOf = async (query: Record<string, string>) =>
      (await list(query)).data.map(({ run_id: id }) => id);
    expect(await idsOf({ session_id: sessionId })).toEqual([second, first]);
    expect(await idsOf({ state: 'running' })).toEqual([first]);
    expect(await idsOf({ state: 'queued' })).toEqual([second]);
    expect(await idsOf({ state: 'waiting' })).toEqual([]);
    expect(await idsOf({ idempotency_key: key })).toEqual([first]);
    expect(await idsOf({ idempotency_key: key, session_id: sessionId })).toEqual([first]);
    expect(await idsOf({ idempotency_key: key, state: 'queued' })).toEqual([]);
    expect((await list({ state: 'running' })).data).toMatchObject([{ text: 'Hel' }]);

    provider.reply(answer('b'));
    gate.open();
    await service.log.until(({ msg, run_id: id }) => msg === 'run finished' && id === second);
    expect(await idsOf({ state: 'running' })).toEqual([]);
    expect(await idsOf({ state: 'completed', session_id: sessionId })).toEqual([second, first]);
  });

  it('is empty where nobody knows the session or the key', async () => {
    const unknown: Record<string, string>[] = [
      { session_id: newId() },
      { session_id: 'x' },
      { idempotency_key: 'never used' },
    ];
    for (const query of unknown) {
      expect(await list(query)).toEqual({ data: [], next_cursor: null });
    }
  });

  it('ends a page early once its texts are long, but never before its first run', async () => {
    const half = 'x'.repeat(600_000);
    const [id, ids] = await session(5, 'a', half, half, 'b', half.repeat(4));
    expect(await pages({ session_id: id })).toEqual([
      [ids[0]],
      // The second half passes 1 MB.
      [ids[1], ids[2], ids[3]],
      [ids[4]],
    ]);
  });

  it('leaves out a run that is swept while it is made', async () => {
    const [id, ids] = await session(3);
    const log = service.app.get(RunLog);
    const store = service.app.get(RunStore);
    const look = store.list.bind(store);
    jest.spyOn(store, 'list').mockImplementationOnce(async (...asked) => {
      const found = await look(...asked);
      const gone = { owner: 'local', id: ids[1]! };
      await log.drop([gone]);
      await store.forget([gone]);
      return found;
    });
    expect(await pages({ session_id: id, limit: '2' })).toEqual([[ids[0]], [ids[2]]]);
  });

  it('does not show a run under a state that it has left', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('a'), gate, finish(), usage(), done()]);
    const begun = await ask({ background: true });
    const { run_id: id } = begun.json<{ run_id: string }>();
    await gate.reached;
    const store = service.app.get(RunStore);
    const look = store.list.bind(store);
    jest.spyOn(store, 'list').mockImplementationOnce(async (...asked) => {
      const found = await look(...asked);
      expect(found.map((run) => run.id)).toEqual([id]);
      gate.open();
      await service.log.until(({ msg, run_id: ended }) => msg === 'run finished' && ended === id);
      return found;
    });
    expect(await list({ state: 'running' })).toEqual({ data: [], next_cursor: null });
  });

  const REFUSED: [query: string, pointer: string, detail: RegExp][] = [
    ['?colour=red', '#/colour', /not a field/],
    ['?sort=asc&limit=5', '#/sort', /not a field/],
    ['?__proto__=1', '#/__proto__', /not a field/],
    ['?constructor=1', '#/constructor', /not a field/],
    ['?toString=1', '#/toString', /not a field/],
    ['?state=done', '#/state', /must be one of the following values: queued, running, waiting/],
    ['?state=', '#/state', /must be one of/],
    ['?state=running&state=queued', '#/state', /must be one of/],
    ['?session_id=', '#/session_id', /should not be empty/],
    ['?session_id=a&session_id=b', '#/session_id', /must be a string/],
    ['?session_id[]=a', '#/session_id[]', /not a field/],
    ['?idempotency_key=', '#/idempotency_key', /should not be empty/],
    ['?idempotency_key=a&idempotency_key=b', '#/idempotency_key', /must be a string/],
    ['?limit=0', '#/limit', /must not be less than 1/],
    ['?limit=501', '#/limit', /must not be greater than 500/],
    ['?limit=99999999999999999999', '#/limit', /must not be greater than 500/],
    ...['', '-1', '1.5', '1e2', '0x10', 'ten', '%205', '5&limit=5'].map(
      (limit): [string, string, RegExp] => [`?limit=${limit}`, '#/limit', /must be an integer/],
    ),
    ...[
      '',
      'x',
      'AAAAAAAAAAAAAAAAAAAAAA',
      'AZjCpH0-fFWfCisfbB2eIR',
      'AZjCpH0-fFWfCisfbB2eIQ==',
      'AZjCpH0%2BfFWfCisfbB2eIQ',
      '0198c2a4-7d3e-7c55-9f0a-2b1f6c1d9e21',
      'AZjCpH0-fFWfCisfbB2eIQ&cursor=AZjCpH0-fFWfCisfbB2eIQ',
    ].map((cursor): [string, string, RegExp] => [
      `?cursor=${cursor}`,
      '#/cursor',
      /must be a next_cursor/,
    ]),
  ];

  it.each(REFUSED)('refuses %s', async (query, pointer, detail) => {
    const refused = await request(runs + query);
    expect(refused.status).toBe(400);
    expect(refused.json()).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer, detail: expect.stringMatching(detail) }],
    });
  });

  it('tells all that is wrong with a query', async () => {
    const refused = await request(`${runs}?limit=0&state=done&colour=red`);
    const { errors } = refused.json<{ errors: { pointer: string }[] }>();
    expect(new Set(errors.map(({ pointer }) => pointer))).toEqual(
      new Set(['#/limit', '#/state', '#/colour']),
    );
  });
});
