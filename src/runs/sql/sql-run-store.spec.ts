import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { CompiledQuery, LogEvent } from 'kysely';
import { newId } from '../../http/id.js';
import { SqlDatabase } from '../../storage/sql/sql-database.js';
import { SqlFiles } from '../../storage/sql/testing/sql-files.js';
import { describeRunStore } from '../run-store.contract.js';
import type { SettledState } from '../run-store.js';
import { aRun as aRunWithout } from '../testing/a-run.js';
import type { Run } from '../run.js';
import { slowly } from '../slowly.contract.js';
import { SqlRunStore } from './sql-run-store.js';

const files = new SqlFiles();
afterEach(() => files.clear());

describeRunStore('an SQLite file', async () => new SqlRunStore(await files.storage()));
describeRunStore('an SQLite file behind calls that are late and come in batches', async () => {
  return slowly(new SqlRunStore(await files.storage()));
});

/** In a session of its own. */
const aRun = (fields: Partial<Run> = {}): Run => aRunWithout({ sessionId: newId(), ...fields });
const SETTLED: SettledState = {
  state: 'completed',
  settlement: {
    finishReason: 'stop',
    usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
    timings: { firstTokenMs: 1, totalMs: 2 },
    attempts: 1,
  },
  finishedAt: 1_760_000_001_000,
  releaseKey: false,
};

describe('runs in an SQLite file', () => {
  it('are there when the file is opened again', async () => {
    const path = await files.path();
    const first = await files.connect(path);
    const before = new SqlRunStore(first);
    const sessionId = newId();
    const idempotency = { key: 'k', fingerprint: 'same' };
    const [ended, running, queued] = [
      aRun({ sessionId, idempotency }),
      aRun({ sessionId }),
      aRun({ sessionId }),
    ];
    await before.admit(ended, true);
    await before.settle(ended, 1, SETTLED);
    await before.admit(running, true);
    await before.admit(queued, true);
    await files.close(first);

    const after = new SqlRunStore(await files.connect(path));
    expect(await Promise.all([queued, running, ended].map((run) => after.get(run)))).toEqual([
      { ...queued, state: 'queued' },
      running,
      { ...ended, ...without(SETTLED), request: { ...ended.request, messages: [] } },
    ]);
    expect(await after.admit(aRun({ idempotency }), false)).toMatchObject({
      outcome: 'joined',
      run: { id: ended.id },
    });
    expect(await after.admit(aRun({ sessionId }), false)).toMatchObject({
      outcome: 'busy',
      run: { id: running.id },
    });
  });

  it('are admitted once through two connections', async () => {
    const path = await files.path();
    const one = new SqlRunStore(await files.connect(path));
    const other = new SqlRunStore(await files.connect(path));
    const sessionId = newId();
    const idempotency = { key: 'k', fingerprint: 'same' };
    const outcomes = async (runs: Run[]): Promise<string[]> => {
      const calls = runs.map((run, index) => [one, other][index % 2]!.admit(run, false));
      return (await Promise.all(calls)).map(({ outcome }) => outcome).sort();
    };
    const twins = Array.from({ length: 20 }, () => aRun({ sessionId: null, idempotency }));
    expect(await outcomes(twins)).toEqual(['created', ...Array<string>(19).fill('joined')]);
    const rivals = Array.from({ length: 20 }, () => aRun({ sessionId }));
    expect(await outcomes(rivals)).toEqual([...Array<string>(19).fill('busy'), 'created']);
  });

  it('are created once, however often they are admitted', async () => {
    const store = new SqlRunStore(await files.connect());
    const run = aRun({ idempotency: { key: 'k', fingerprint: 'same' } });
    await store.admit(run, false);
    expect(await store.admit(run, false)).toEqual({ outcome: 'created', run });
    expect(await store.admit(run, true)).toEqual({ outcome: 'created', run });
    const alone = aRun({ sessionId: null });
    await store.admit(alone, false);
    expect(await store.admit(alone, false)).toEqual({ outcome: 'created', run: alone });
    const listed = await store.list('local', {}, { limit: 10 });
    expect(listed.map(({ id }) => id)).toEqual([alone.id, run.id]);
  });

  it('are promoted by a statement that is tried again where another run came first', async () => {
    const { db } = await files.connect();
    const failures = ['23505', '23505', '53100'].map((code) =>
      Object.assign(new Error(), { code }),
    );
    const store = new SqlRunStore(new SqlDatabase(db));
    const [first, second] = [aRun(), aRun()];
    second.sessionId = first.sessionId;
    await store.admit(first, true);
    await store.admit(second, true);
    await store.settle(first, 1, SETTLED);

    const execute = db.executeQuery.bind(db);
    jest.spyOn(db, 'executeQuery').mockImplementation((query) => {
      const failure = /^update/.test((query as CompiledQuery).sql) ? failures.shift() : undefined;
      return failure === undefined ? execute(query) : Promise.reject(failure);
    });
    const promote = (): Promise<Run | undefined> => store.promoteQueued('local', first.sessionId!);
    await expect(promote()).rejects.toMatchObject({ code: '53100' });
    failures.push(Object.assign(new Error(), { code: '23505' }));
    expect(await promote()).toEqual(second);
    expect(failures).toEqual([]);
  });

  it('are found by indices that single them out', async () => {
    const path = await files.path();
    const queries: CompiledQuery[] = [];
    const store = new SqlRunStore(
      await files.connect(path, ({ query }) => void queries.push(query)),
    );
    queries.length = 0;
    await everyCall(store);

    const { db } = await files.connect(path);
    const plans = new Map<string, string[]>();
    for (const query of queries) {
      if (/^(begin|commit)$/.test(query.sql)) continue;
      const explain: CompiledQuery = { ...query, sql: `explain query plan ${query.sql}` };
      const { rows } = await db.executeQuery<{ detail: string }>(explain);
      plans.set(
        query.sql,
        rows.map(({ detail }) => detail),
      );
    }
    const [steps, texts] = [[...plans.values()].flat(), [...plans.keys()]];
    expect(plans.size).toBeGreaterThan(15);
    expect(steps.filter((step) => /^SCAN (?!CONSTANT ROW|.* VALUES CLAUSE)/.test(step))).toEqual(
      [],
    );
    // Not by all that the owner has in the queue, nor by all that the session ever had.
    const queue = texts.filter((text) => /session_id" = .* state in \('queued'/.test(text));
    expect(queue.length).toBeGreaterThan(3);
    for (const text of queue) {
      expect(plans.get(text)).toContainEqual(
        expect.stringContaining(
          'INDEX runs_unfinished_in_session (owner=? AND session_id=? AND state=?)',
        ),
      );
    }
  });

  it('are admitted and settled by statements whose texts stay the same', async () => {
    const texts = new Set<string>();
    const log = ({ query }: LogEvent): void => void texts.add(query.sql);
    const store = new SqlRunStore(await files.connect(undefined, log));
    const admitAndSettle = async (run: Run): Promise<void> => {
      await store.admit(run, false);
      await store.settle(run, 1, SETTLED);
    };
    texts.clear();
    await admitAndSettle(aRun());
    expect(texts.size).toBe(2);
    await admitAndSettle(aRun({ sessionId: null, requestId: 'r' }));
    await admitAndSettle(aRun({ idempotency: { key: 'k', fingerprint: 'f' } }));
    expect(texts.size).toBe(2);
  });
});

function without({ releaseKey: _, ...settled }: SettledState): Omit<SettledState, 'releaseKey'> {
  return settled;
}

/** Asks the store for all that it can do, by each of its ways. */
async function everyCall(store: SqlRunStore): Promise<void> {
  const idempotency = { key: 'k', fingerprint: 'f' };
  const run = aRun({ idempotency });
  const { owner, sessionId } = run;
  const later = [aRun({ sessionId }), aRun({ sessionId })];
  await store.admit(run, false);
  await store.admit(aRun({ idempotency }), false);
  await store.admit(aRun({ sessionId }), false);
  for (const next of later) await store.admit(next, true);
  await store.takeOver(run, 2, { counts: true });
  for (const filter of [
    {},
    { sessionId: sessionId! },
    { state: 'running' as const },
    { idempotencyKey: 'k' },
  ]) {
    await store.list(owner, filter, { limit: 10 });
    await store.list(owner, filter, { limit: 10, before: newId() });
  }
  await store.settle(run, 2, SETTLED);
  await store.settle(run, 2, SETTLED);
  await store.promoteQueued(owner, sessionId!);
  await store.settle(later[0]!, 1, { ...SETTLED, releaseKey: true });
  const expired = await store.expired(Date.now(), 100);
  await store.forget(expired);
}
