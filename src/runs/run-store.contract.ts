import { beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '../http/id.js';
import { StaleEpochError } from './run-errors.js';
import { aRun } from './testing/a-run.js';
import type { RunFilter, RunStore, SettledState } from './run-store.js';
import type { Run } from './run.js';

/** What every adapter of the run store promises. */
export function describeRunStore(adapter: string, open: () => Promise<RunStore>): void {
  describe(`a run store in ${adapter}`, () => {
    let store: RunStore;

    beforeEach(async () => {
      store = await open();
    });

    const withKey = (key: string, fingerprint = 'same', fields: Partial<Run> = {}): Run =>
      aRun({ idempotency: { key, fingerprint }, ...fields });
    const settled = (fields: Partial<SettledState> = {}): SettledState => ({
      state: 'completed',
      settlement: {
        finishReason: 'stop',
        usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
        timings: { firstTokenMs: 1, totalMs: 2 },
        attempts: 1,
      },
      finishedAt: 1_760_000_001_000,
      releaseKey: false,
      ...fields,
    });

    it('gives back a run as it was admitted', async () => {
      const run = aRun();
      expect(await store.admit(run, false)).toEqual({ outcome: 'created', run });
      expect(await store.get(run)).toEqual(run);
      const full = withKey('k', 'print', {
        sessionId: newId(),
        request: {
          messages: [{ role: 'user', content: '' }],
          maxTokens: 17,
          temperature: 0.5,
          responseFormat: { type: 'json_schema', json_schema: { name: 'n', schema: {} } },
          include: [],
          onDisconnect: 'cancel',
        },
        metadata: {},
        requestId: 'a-request',
        createdAt: Number.MAX_SAFE_INTEGER,
      });
      await store.admit(full, false);
      expect(await store.get(full)).toEqual(full);
      expect(await store.findByIdempotencyKey('local', 'k')).toEqual(full);
    });

    it.each([
      ['characters of all kinds', 'ä \u0000 \ud800 \udc00\ud83d\ude00 \u2028 \ufeff " \\ %s \' 😀'],
      ['a megabyte', 'ü'.repeat(1024 * 1024)],
    ])('gives back text unchanged: %s', async (_, text) => {
      const run = aRun({
        request: { ...aRun().request, messages: [{ role: 'user', content: text }] },
        metadata: { [text.slice(0, 64)]: text },
      });
      const { settlement } = settled();
      await store.admit(run, false);
      expect(await store.get(run)).toEqual(run);
      await store.settle(run, 1, settled({ settlement: { ...settlement, output: { text } } }));
      const ended = await store.get(run);
      expect(ended?.settlement).toEqual({ ...settlement, output: { text } });
      expect(ended?.metadata).toEqual(run.metadata);
    });

    it('hands out pictures, not the run itself', async () => {
      const run = aRun();
      const admitted = (await store.admit(run, false)).run;
      admitted.state = 'failed';
      expect((await store.get(run))?.state).toBe('running');
    });

    it('shows a run to its owner alone', async () => {
      const run = withKey('k');
      await store.admit(run, false);
      expect(await store.get({ ...run, owner: 'stranger' })).toBeUndefined();
      expect(await store.findByIdempotencyKey('stranger', 'k')).toBeUndefined();
      const strangers = withKey('k', 'other', { owner: 'stranger' });
      expect((await store.admit(strangers, false)).outcome).toBe('created');
    });

    it('joins requests that are the same, and refuses others under the same key', async () => {
      const run = withKey('k');
      await store.admit(run, false);
      const twin = await store.admit(withKey('k'), false);
      expect(twin).toMatchObject({ outcome: 'joined', run: { id: run.id } });
      const other = await store.admit(withKey('k', 'other'), false);
      expect(other).toMatchObject({ outcome: 'conflict', run: { id: run.id } });
      expect((await store.findByIdempotencyKey('local', 'k'))?.id).toBe(run.id);
    });

    it('admits one of many twins that come at once', async () => {
      const twins = Array.from({ length: 20 }, () => withKey('k'));
      const admissions = await Promise.all(twins.map((twin) => store.admit(twin, false)));
      expect(admissions.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
      expect(new Set(admissions.map(({ run }) => run.id)).size).toBe(1);
    });

    it('lets the requests under many keys in at once, each once', async () => {
      const keys = Array.from({ length: 10 }, (_, index) => `key-${index}`);
      const requests = [...keys, ...keys, ...keys].map((key) => withKey(key));
      const admissions = await Promise.all(requests.map((run) => store.admit(run, false)));
      const created = admissions.filter(({ outcome }) => outcome === 'created');
      expect(created.map(({ run }) => run.idempotency?.key).sort()).toEqual(keys);
      expect(admissions.filter(({ outcome }) => outcome === 'joined')).toHaveLength(20);
    });

    it('joins a run that is queued, and one that has ended', async () => {
      const sessionId = newId();
      const first = aRun({ sessionId });
      const queued = withKey('k', 'same', { sessionId });
      await store.admit(first, true);
      await store.admit(queued, true);
      expect(await store.admit(withKey('k', 'same', { sessionId }), true)).toMatchObject({
        outcome: 'joined',
        run: { id: queued.id, state: 'queued' },
      });
      await store.settle(queued, 1, settled({ state: 'cancelled' }));
      expect(await store.admit(withKey('k', 'same', { sessionId }), true)).toMatchObject({
        outcome: 'joined',
        run: { id: queued.id, state: 'cancelled' },
      });
    });

    it('frees the key of a run that asks for it, and keeps that of others', async () => {
      const failed = withKey('a');
      const completed = withKey('b');
      await store.admit(failed, false);
      await store.admit(completed, false);
      await store.settle(failed, 1, settled({ state: 'failed', releaseKey: true }));
      await store.settle(completed, 1, settled());
      expect(await store.findByIdempotencyKey('local', 'a')).toBeUndefined();
      expect((await store.admit(withKey('a', 'other'), false)).outcome).toBe('created');
      expect((await store.admit(withKey('b'), false)).outcome).toBe('joined');
    });

    it('lets one run at a time into a session', async () => {
      const sessionId = newId();
      const runs = Array.from({ length: 10 }, () => aRun({ sessionId }));
      const admissions = await Promise.all(runs.map((run) => store.admit(run, false)));
      expect(admissions.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
      expect(admissions.filter(({ outcome }) => outcome === 'busy')).toHaveLength(9);
      const first = admissions.find(({ outcome }) => outcome === 'created')!.run;
      await store.settle(first, 1, settled());
      expect((await store.admit(aRun({ sessionId }), false)).outcome).toBe('created');
    });

    it('looks at the key before the session: a repeat joins its own run', async () => {
      const sessionId = newId();
      await store.admit(withKey('k', 'same', { sessionId }), false);
      expect((await store.admit(withKey('k', 'same', { sessionId }), false)).outcome).toBe(
        'joined',
      );
    });

    it('queues runs and lets them begin one by one, oldest first', async () => {
      const sessionId = newId();
      const runs = Array.from({ length: 3 }, () => aRun({ sessionId }));
      for (const run of runs) await store.admit(run, true);
      const states = await Promise.all(runs.map(async (run) => (await store.get(run))?.state));
      expect(states).toEqual(['running', 'queued', 'queued']);
      expect(await store.promoteQueued('local', sessionId)).toBeUndefined();
      for (const [before, next] of [
        [runs[0]!, runs[1]!],
        [runs[1]!, runs[2]!],
      ]) {
        await store.settle(before!, 1, settled());
        expect(await store.promoteQueued('local', sessionId)).toMatchObject({
          id: next!.id,
          state: 'running',
        });
        expect(await store.promoteQueued('local', sessionId)).toBeUndefined();
      }
    });

    it('lets no run pass those that wait already', async () => {
      const sessionId = newId();
      const [first, second, third] = [
        aRun({ sessionId }),
        aRun({ sessionId }),
        aRun({ sessionId }),
      ];
      await store.admit(first, true);
      await store.admit(second, true);
      await store.settle(first, 1, settled());
      expect(await store.admit(aRun({ sessionId }), false)).toMatchObject({
        outcome: 'busy',
        run: { id: second.id, state: 'queued' },
      });
      expect(await store.admit(third, true)).toMatchObject({
        outcome: 'created',
        run: { id: third.id, state: 'queued' },
      });
      expect((await store.promoteQueued('local', sessionId))?.id).toBe(second.id);
      expect(await store.admit(aRun({ sessionId }), false)).toMatchObject({
        outcome: 'busy',
        run: { id: second.id, state: 'running' },
      });
    });

    it('lets one run begin, however many ask for the next', async () => {
      const sessionId = newId();
      const runs = Array.from({ length: 5 }, () => aRun({ sessionId }));
      for (const run of runs) await store.admit(run, true);
      await store.settle(runs[0]!, 1, settled());
      const promoted = await Promise.all(
        Array.from({ length: 10 }, () => store.promoteQueued('local', sessionId)),
      );
      expect(promoted.flatMap((run) => run?.id ?? [])).toEqual([runs[1]!.id]);
    });

    it('leaves no run in the queue, however they come and end', async () => {
      const sessionId = newId();
      const begun: string[] = [];
      let running = 0;
      let mostRunning = 0;
      const perform = async (run: Run): Promise<void> => {
        begun.push(run.id);
        mostRunning = Math.max(mostRunning, (running += 1));
        await store.get(run);
        running -= 1;
        await store.settle(run, 1, settled());
        const next = await store.promoteQueued('local', sessionId);
        if (next !== undefined) await perform(next);
      };
      const runs = Array.from({ length: 40 }, () => aRun({ sessionId }));
      await Promise.all(
        runs.map(async (run) => {
          const admission = await store.admit(run, true);
          if (admission.run.state === 'running') await perform(admission.run);
        }),
      );
      expect(begun.sort()).toEqual(runs.map(({ id }) => id).sort());
      expect(mostRunning).toBe(1);
      expect(await store.list('local', { state: 'queued' }, { limit: 50 })).toEqual([]);
    });

    it('lets a queued run begin after those that were taken over', async () => {
      const sessionId = newId();
      const [first, second] = [aRun({ sessionId }), aRun({ sessionId })];
      await store.admit(first, true);
      await store.admit(second, true);
      await store.takeOver(first, 2, { counts: true });
      await store.takeOver(second, 3, { counts: true });
      expect(await store.promoteQueued('local', sessionId)).toBeUndefined();
      await store.settle(first, 2, settled());
      expect(await store.promoteQueued('stranger', sessionId)).toBeUndefined();
      expect(await store.promoteQueued('local', sessionId)).toMatchObject({
        ...second,
        state: 'running',
        epoch: 3,
        takeovers: 1,
      });
    });

    it('takes a queued run that settles out of the queue', async () => {
      const sessionId = newId();
      const [first, second, third] = [
        aRun({ sessionId }),
        aRun({ sessionId }),
        aRun({ sessionId }),
      ];
      for (const run of [first, second, third]) await store.admit(run, true);
      await store.settle(second, 1, settled({ state: 'cancelled' }));
      await store.settle(first, 1, settled());
      expect((await store.promoteQueued('local', sessionId))?.id).toBe(third.id);
    });

    it('settles a run once', async () => {
      const run = aRun();
      await store.admit(run, false);
      await store.settle(run, 1, settled());
      await store.settle(run, 1, settled({ state: 'failed', finishedAt: 1_760_000_009_000 }));
      expect(await store.get(run)).toMatchObject({
        state: 'completed',
        finishedAt: 1_760_000_001_000,
        settlement: settled().settlement,
        request: { messages: [], include: ['reasoning'] },
      });
    });

    it('settles a run once, however many try at once', async () => {
      const run = aRun({ sessionId: newId() });
      await store.admit(run, false);
      const ends = [1, 2, 3, 4, 5].map((attempts) => {
        const { settlement } = settled();
        return settled({ settlement: { ...settlement, attempts }, finishedAt: attempts });
      });
      await Promise.all(ends.map((end) => store.settle(run, 1, end)));
      const ended = await store.get(run);
      expect(ended?.finishedAt).toBe(ended?.settlement?.attempts);
      await store.settle(run, 1, settled());
      expect(await store.get(run)).toEqual(ended);
    });

    it('settles what is there, and its owner’s, alone', async () => {
      const run = aRun();
      await store.admit(run, false);
      await store.settle({ ...run, owner: 'stranger' }, 9, settled());
      await store.settle(aRun(), 1, settled());
      expect(await store.get(run)).toEqual(run);
      expect(await store.list('local', {}, { limit: 10 })).toMatchObject([{ id: run.id }]);
      expect(await store.list('stranger', {}, { limit: 10 })).toEqual([]);
    });

    it('keeps the latest of the owners that take a run over at once', async () => {
      const run = aRun();
      await store.admit(run, false);
      const taken = await Promise.allSettled(
        [2, 4, 3].map((epoch) => store.takeOver(run, epoch, { counts: true })),
      );
      const owners = taken.flatMap((one) => (one.status === 'fulfilled' ? one.value!.epoch : []));
      expect(owners).toContain(4);
      expect(await store.get(run)).toMatchObject({ epoch: 4, takeovers: owners.length });
    });

    it('refuses to settle for an owner that has lost the run', async () => {
      const run = aRun();
      await store.admit(run, false);
      expect(await store.takeOver(run, 2, { counts: true })).toMatchObject({
        id: run.id,
        epoch: 2,
        takeovers: 1,
      });
      await expect(store.settle(run, 1, settled())).rejects.toBeInstanceOf(StaleEpochError);
      await expect(store.takeOver(run, 1, { counts: true })).rejects.toBeInstanceOf(
        StaleEpochError,
      );
      expect(await store.get(run)).toMatchObject({ state: 'running', epoch: 2, takeovers: 1 });
      await store.settle(run, 2, settled());
      expect(await store.get(run)).toMatchObject({ state: 'completed' });
    });

    it('takes over what is not finished, for its owner alone', async () => {
      const sessionId = newId();
      const [running, queued, ended] = [aRun({ sessionId }), aRun({ sessionId }), aRun()];
      for (const run of [running, queued, ended]) await store.admit(run, true);
      await store.settle(ended, 1, settled());
      expect(await store.takeOver(running, 2, { counts: true })).toMatchObject({
        state: 'running',
        takeovers: 1,
      });
      expect(await store.takeOver(running, 3, { counts: true })).toMatchObject({
        epoch: 3,
        takeovers: 2,
      });
      expect(await store.takeOver(running, 4, { counts: false })).toMatchObject({
        epoch: 4,
        takeovers: 2,
      });
      expect(await store.takeOver(queued, 2, { counts: true })).toMatchObject({
        state: 'queued',
        takeovers: 1,
      });
      expect(await store.takeOver(ended, 2, { counts: true })).toMatchObject({
        state: 'completed',
        takeovers: 0,
        settlement: settled().settlement,
      });
      expect(
        await store.takeOver({ ...running, owner: 'stranger' }, 9, { counts: true }),
      ).toBeUndefined();
      expect(await store.takeOver(aRun(), 1, { counts: true })).toBeUndefined();
    });

    it('lists runs as they are, but for the messages of their requests', async () => {
      const run = withKey('k');
      await store.admit(run, false);
      const listed = await store.list('local', {}, { limit: 1 });
      expect(listed).toMatchObject([{ ...run, request: { ...run.request, messages: [] } }]);
      expect((await store.get(run))?.request.messages).toEqual(run.request.messages);
    });

    it('lists an owner’s runs, newest first and page by page', async () => {
      const runs = Array.from({ length: 5 }, () => aRun());
      for (const run of runs) await store.admit(run, false);
      await store.admit(aRun({ owner: 'stranger' }), false);
      const newestFirst = runs.map(({ id }) => id).reverse();
      const ids = async (page: { before?: string; limit: number }) =>
        (await store.list('local', {}, page)).map(({ id }) => id);
      expect(await ids({ limit: 10 })).toEqual(newestFirst);
      expect(await ids({ limit: 2 })).toEqual(newestFirst.slice(0, 2));
      expect(await ids({ limit: 2, before: newestFirst[1]! })).toEqual(newestFirst.slice(2, 4));
      expect(await ids({ limit: 2, before: newestFirst[4]! })).toEqual([]);
    });

    it('lists the runs that fit all of a filter', async () => {
      const sessionId = newId();
      const first = withKey('k', 'same', { sessionId });
      const second = aRun({ sessionId });
      const third = aRun();
      for (const run of [first, second, third]) await store.admit(run, true);
      await store.settle(first, 1, settled());
      const ids = async (filter: RunFilter) =>
        (await store.list('local', filter, { limit: 10 })).map(({ id }) => id);
      expect(await ids({ sessionId })).toEqual([second.id, first.id]);
      expect(await ids({ sessionId, state: 'queued' })).toEqual([second.id]);
      expect(await ids({ state: 'completed' })).toEqual([first.id]);
      expect(await ids({ idempotencyKey: 'k' })).toEqual([first.id]);
      expect(await ids({ idempotencyKey: 'k', state: 'running' })).toEqual([]);
      expect(await ids({ sessionId: newId() })).toEqual([]);
    });

    it('knows the runs that finished before a time, and forgets them with their keys', async () => {
      const old = withKey('old');
      const young = withKey('young');
      const unfinished = withKey('unfinished');
      for (const run of [old, young, unfinished]) await store.admit(run, false);
      await store.settle(old, 1, settled({ finishedAt: 1_000 }));
      await store.settle(young, 1, settled({ finishedAt: 2_000 }));
      expect(await store.expired(2_000, 10)).toEqual([{ owner: 'local', id: old.id }]);
      expect(await store.expired(3_000, 1)).toHaveLength(1);
      await store.forget([old, unfinished, { ...young, owner: 'stranger' }]);
      expect(await store.get(old)).toBeUndefined();
      expect(await store.expired(2_000, 10)).toEqual([]);
      expect((await store.admit(withKey('old', 'other'), false)).outcome).toBe('created');
      expect(await store.get(young)).toBeDefined();
      expect(await store.get(unfinished)).toBeDefined();
      expect((await store.findByIdempotencyKey('local', 'unfinished'))?.id).toBe(unfinished.id);
    });

    it('forgets many runs of many owners together', async () => {
      const runs = Array.from({ length: 150 }, (_, index) => aRun({ owner: `owner-${index % 3}` }));
      await Promise.all(runs.map((run) => store.admit(run, false)));
      await Promise.all(runs.map((run) => store.settle(run, 1, settled())));
      await store.forget([]);
      await store.forget(runs.slice(1));
      expect(await store.expired(Number.MAX_SAFE_INTEGER, 1_000)).toEqual([
        { owner: 'owner-0', id: runs[0]!.id },
      ]);
    });
  });
}
