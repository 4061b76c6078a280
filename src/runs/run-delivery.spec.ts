import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { firstValueFrom, toArray } from 'rxjs';
import { Lifecycle } from '../http/lifecycle.js';
import { Settings } from '../config/settings.js';
import { newId } from '../http/id.js';
import { ProblemError } from '../http/problem.js';
import type { Logger } from '../logging/logger.js';
import { MemoryStorage } from '../storage/memory/memory-storage.js';
import { StorageUnavailableError } from '../storage/storage-errors.js';
import { MemoryRunLog } from './memory/memory-run-log.js';
import { MemoryRunStore } from './memory/memory-run-store.js';
import { ActiveRun } from './active-run.js';
import { RunAudience } from './run-audience.js';
import { RunReport } from './run-report.js';
import { RunReleasedError } from './run-errors.js';
import { aRun } from './testing/a-run.js';
import type { RunEvent, RunEventBody } from './run-event.js';
import type { RunLog } from './run-log.js';
import { RunWatchers } from './run-watchers.js';
import type { RunOutcome, RunWork } from './run-work.js';
import { inSteps } from './testing/in-steps.js';
import { RunWorker } from './run-worker.js';
import type { Run } from './run.js';
import { slowRunLog } from './slow-run-log.contract.js';

const OUTCOME: RunOutcome = {
  state: 'completed',
  finishReason: 'stop',
  text: '',
  usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
  attempts: 1,
};

const text = (content: string): RunEventBody => ({ type: 'text', text: content });

/** Work that says some texts and is done. */
function saying(...pieces: string[]): RunWork {
  return inSteps(async function* () {
    for (const piece of pieces) yield [text(piece)];
    return OUTCOME;
  });
}

/** Work that says a text and then goes on until it is told to end. */
function endless(said: string): RunWork {
  return inSteps(async function* ({ signal }) {
    yield [text(said)];
    signal.throwIfAborted();
    await new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
    return OUTCOME;
  });
}

describe.each<[string, () => RunLog]>([
  ['memory', () => new MemoryRunLog()],
  ['a slow store', () => slowRunLog(new MemoryRunLog())],
])('runs and their readers, over a log in %s', (_, openLog) => {
  let log: RunLog;
  let store: MemoryRunStore;
  let lifecycle: Lifecycle;
  let worker: RunWorker;
  let audience: RunAudience;
  let watchers: RunWatchers;
  const lines: object[] = [];

  const logger: Logger = {
    debug: () => undefined,
    info: (fields) => lines.push(fields),
    warn: (fields) => lines.push(fields),
    error: (fields) => lines.push(fields),
  };

  function open(settings: Partial<Settings> = {}): void {
    const all = new Settings(settings);
    log = openLog();
    store = new MemoryRunStore();
    lifecycle = new Lifecycle(all);
    worker = new RunWorker(
      lifecycle,
      log,
      store,
      new MemoryStorage(),
      all,
      new RunReport(all, logger),
    );
    audience = new RunAudience(worker, all);
    watchers = new RunWatchers(log, audience);
  }

  beforeEach(() => {
    lines.length = 0;
    open();
  });

  async function admitted(fields: Partial<Run> = {}, queue = false) {
    const run = aRun(fields);
    const active = await worker.own(run);
    await store.admit(run, queue);
    audience.require(run, active.settled);
    return active;
  }

  const readAll = (run: Run, after = 0): Promise<RunEvent[]> =>
    firstValueFrom(watchers.watch(run, after).pipe(toArray()));

  it('delivers what happens, numbered from 1, and one terminal event at the end', async () => {
    const active = await admitted();
    const reading = readAll(active.run);
    await worker.perform(active, saying('Hel', 'lo'));
    expect(await reading).toEqual([
      { type: 'text', text: 'Hel', firstTokenMs: expect.any(Number), seq: 1 },
      { type: 'text', text: 'lo', seq: 2 },
      {
        type: 'completed',
        finishReason: 'stop',
        usage: OUTCOME.usage,
        attempts: 1,
        timings: { firstTokenMs: expect.any(Number), totalMs: expect.any(Number) },
        seq: 3,
      },
    ]);
  });

  it('gives readers that join before, during and after the run the same events', async () => {
    const active = await admitted();
    const before = readAll(active.run);
    const during = Promise.withResolvers<RunEvent[]>();
    await worker.perform(
      active,
      inSteps(async function* () {
        for (let piece = 0; piece < 300; piece += 1) {
          yield [text(`${piece} `)];
          if (piece === 150) readAll(active.run).then(during.resolve, during.reject);
        }
        return OUTCOME;
      }),
    );
    const events = await before;
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 301 }, (_, i) => i + 1));
    expect(await during.promise).toEqual(events);
    expect(await readAll(active.run)).toEqual(events);
    expect(await readAll(active.run, 299)).toEqual(events.slice(299));
  });

  it('has settled in the store before any reader meets the end', async () => {
    const active = await admitted();
    const settle = store.settle.bind(store);
    jest.spyOn(store, 'settle').mockImplementation(async (...args) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return settle(...args);
    });
    const atTheEnd = Promise.withResolvers<Run | undefined>();
    watchers.watch(active.run).subscribe({
      complete: () => void store.get(active.run).then(atTheEnd.resolve),
    });
    await worker.perform(active, saying('a'));
    expect((await atTheEnd.promise)?.state).toBe('completed');
  });

  it('reads no further than its reader asks for', async () => {
    const active = await admitted();
    await worker.perform(
      active,
      inSteps(async function* () {
        for (let piece = 0; piece < 1_000; piece += 1) yield [text('x')];
        return OUTCOME;
      }),
    );
    let asked = Promise.withResolvers<void>();
    let seen = 0;
    const pages: number[] = [];
    const over = new Promise<void>((resolve) => {
      watchers
        .watch(active.run, 0, () => {
          pages.push(seen);
          return asked.promise;
        })
        .subscribe({ next: () => (seen += 1), complete: resolve });
    });
    while (pages.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toBeLessThanOrEqual(128);
    asked.resolve();
    asked = { ...asked, promise: Promise.resolve() };
    await over;
    expect(seen).toBe(1_001);
  });

  it('fails a run whose work throws, and tells readers only what they may know', async () => {
    const active = await admitted();
    await worker.perform(
      active,
      inSteps(async function* () {
        yield [text('a')];
        throw new Error('password in the message');
      }),
    );
    const events = await readAll(active.run);
    expect(events.at(-1)).toMatchObject({
      type: 'failed',
      finishReason: 'error',
      error: { code: 'internal', retryable: false },
    });
    expect(JSON.stringify(events)).not.toContain('password');
    expect(lines).toContainEqual(
      expect.objectContaining({ run_id: active.run.id, code: 'internal' }),
    );
  });

  it('frees the key of a run that failed before any text and may be tried again', async () => {
    const failing = (error: Error, ...said: string[]): RunWork =>
      inSteps(async function* () {
        for (const piece of said) yield [text(piece)];
        throw error;
      });
    const retryable = new ProblemError('provider_unavailable', 'away', { retryable: true });
    const final = new ProblemError('provider_rejected', 'no');
    const keyed = (key: string) => admitted({ idempotency: { key, fingerprint: 'f' } });
    await worker.perform(await keyed('freed'), failing(retryable));
    await worker.perform(await keyed('has text'), failing(retryable, 'a'));
    await worker.perform(await keyed('final'), failing(final));
    expect(await store.findByIdempotencyKey('local', 'freed')).toBeUndefined();
    expect(await store.findByIdempotencyKey('local', 'has text')).toBeDefined();
    expect(await store.findByIdempotencyKey('local', 'final')).toBeDefined();
  });

  it('cancels a run in its work, and a queued one before it', async () => {
    const sessionId = newId();
    const active = await admitted({ sessionId });
    const queued = await admitted({ sessionId }, true);
    const working = worker.perform(active, endless('a'));
    await worker.cancel(queued.run, 'test');
    expect(await readAll(queued.run)).toMatchObject([{ type: 'cancelled', seq: 1 }]);
    await worker.cancel({ owner: 'stranger', id: active.run.id }, 'not theirs');
    expect((await store.get(active.run))?.state).toBe('running');
    await worker.cancel(active.run, 'test');
    await working;
    expect(await readAll(active.run)).toMatchObject([
      { type: 'text', text: 'a' },
      { type: 'cancelled', finishReason: 'cancelled' },
    ]);
    await worker.cancel(active.run, 'again');
  });

  it('does the work of a run once', async () => {
    const active = await admitted();
    await Promise.all([worker.perform(active, saying('a')), worker.perform(active, saying('b'))]);
    expect(await readAll(active.run)).toMatchObject([{ text: 'a' }, { type: 'completed' }]);
  });

  it('stops writing when another owner has taken the run', async () => {
    const active = await admitted();
    const taken = Promise.withResolvers<void>();
    const cleanedUp = jest.fn();
    const working = worker.perform(
      active,
      inSteps(async function* () {
        try {
          yield [text('mine')];
          await taken.promise;
          yield [text('not mine any more')];
          return OUTCOME;
        } finally {
          cleanedUp();
        }
      }),
    );
    const { epoch, lastSeq } = await log.claim(active.run);
    taken.resolve();
    await working;
    // As where a provider's socket is closed.
    expect(cleanedUp).toHaveBeenCalledTimes(1);
    await log.append(active.run, epoch, [{ type: 'text', text: 'theirs', seq: lastSeq + 1 }]);
    const page = await log.read(active.run, 0, { events: 10, size: 1_000 });
    expect(page.map((event) => 'text' in event && event.text)).not.toContain('not mine any more');
    expect((await store.get(active.run))?.state).toBe('running');
  });

  it('does not settle a run that another owner has taken', async () => {
    const sessionId = newId();
    const active = await admitted({ sessionId });
    const taken = Promise.withResolvers<void>();
    const working = worker.perform(
      active,
      inSteps(async function* () {
        yield [text('a')];
        await taken.promise;
        return OUTCOME;
      }),
    );
    await firstValueFrom(watchers.watch(active.run));
    await log.claim(active.run);
    taken.resolve();
    await working;
    expect((await store.get(active.run))?.state).toBe('running');
    // The session is still the run's: no other may come in beside its new owner.
    expect((await store.admit(aRun({ sessionId }), false)).outcome).toBe('busy');
  });

  it('refuses runs beyond the limit, also those that come at once', async () => {
    open({ maxActiveRuns: 3 });
    const owning = await Promise.allSettled(Array.from({ length: 10 }, () => worker.own(aRun())));
    expect(owning.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    const refused = owning.find((result) => result.status === 'rejected');
    expect(refused?.reason).toMatchObject({ code: 'overloaded', retryAfter: 1 });
  });

  it('cancels a run that nobody has watched for the grace time, and no other', async () => {
    open({ disconnectGraceMs: 20 });
    const request = { messages: [], include: [], onDisconnect: 'cancel' } as const;
    const continuing = await admitted();
    const watched = await admitted({ request });
    const watcher = watchers.watch(watched.run).subscribe();
    const second = watchers.watch(watched.run).subscribe();
    const working = worker.perform(watched, endless('a'));
    void worker.perform(continuing, endless('a'));
    second.unsubscribe();
    second.unsubscribe();
    // The clock of this test: its grace begins after any that leaving twice could have begun.
    const left = await admitted({ request });
    await worker.perform(left, endless('a'));
    expect((await store.get(left.run))?.state).toBe('cancelled');
    expect((await store.get(watched.run))?.state).toBe('running');
    watcher.unsubscribe();
    await working;
    expect((await store.get(watched.run))?.state).toBe('cancelled');
    expect((await store.get(continuing.run))?.state).toBe('running');
    await worker.cancel(continuing.run, 'the test is over');
  });

  it('lets runs finish while the process stops, and leaves the rest to their next owner', async () => {
    open({ shutdownGraceMs: 50 });
    const finishing = await admitted();
    const hanging = await admitted();
    const finish = Promise.withResolvers<void>();
    void worker.perform(
      finishing,
      inSteps(async function* () {
        await finish.promise;
        yield [text('in time')];
        return OUTCOME;
      }),
    );
    void worker.perform(hanging, endless('partial'));
    lifecycle.onModuleDestroy();
    const stopping = worker.beforeApplicationShutdown();
    finish.resolve();
    await stopping;
    expect(await readAll(finishing.run)).toMatchObject([
      { text: 'in time' },
      { type: 'completed' },
    ]);
    const { text: partial, terminal } = await watchers.reduction(hanging.run);
    expect({ partial, terminal }).toEqual({ partial: 'partial', terminal: undefined });
    expect((await store.get(hanging.run))?.state).toBe('running');
    expect(await log.unended()).toEqual([{ owner: 'local', id: hanging.run.id }]);
  });

  it('announces a run that it can neither go on with nor end, and leaves it to be taken over', async () => {
    const abandoned: string[] = [];
    worker.abandoned.subscribe(({ id }) => abandoned.push(id));
    const active = await admitted();
    jest.spyOn(store, 'settle').mockRejectedValueOnce(new Error('no such thing'));
    await worker.perform(active, saying('a'));
    expect(abandoned).toEqual([active.run.id]);
    expect(worker.owns(active.run.id)).toBe(false);
    expect((await watchers.reduction(active.run)).terminal).toBeUndefined();
    expect((await store.get(active.run))?.state).toBe('running');
  });

  it('fails a run of which something cannot be read while all can be written', async () => {
    const active = await admitted();
    await worker.perform(
      active,
      inSteps(async function* () {
        yield [text('partial')];
        throw new StorageUnavailableError();
      }),
    );
    expect(await readAll(active.run)).toMatchObject([
      { text: 'partial' },
      { type: 'failed', error: { code: 'storage_unavailable', retryable: true } },
    ]);
  });

  it('leaves a run that was taken over meanwhile to the one who did', async () => {
    const first = await admitted();
    const working = worker.perform(first, endless('a'));
    await firstValueFrom(watchers.watch(first.run));
    const ownership = await log.claim(first.run);
    const second = new ActiveRun({ ...first.run, epoch: ownership.epoch }, log, ownership);
    worker.adopt(second);
    first.end(new RunReleasedError());
    await working;
    expect(worker.owned(first.run.id)).toBe(second);
    await worker.perform(second, saying('b'));
  });

  it('counts those who watched before it was known that somebody has to', async () => {
    open({ disconnectGraceMs: 50 });
    const request = { messages: [], include: [], onDisconnect: 'cancel' } as const;
    const watched = await worker.own(aRun({ request }));
    await store.admit(watched.run, false);
    const watcher = watchers.watch(watched.run).subscribe();
    audience.require(watched.run, watched.settled);
    const working = worker.perform(watched, endless('a'));
    // The clock of this test: its grace begins after any that the first could have had.
    const left = await worker.own(aRun({ request }));
    await store.admit(left.run, false);
    audience.require(left.run, left.settled);
    await worker.perform(left, endless('a'));
    expect((await store.get(left.run))?.state).toBe('cancelled');
    expect((await store.get(watched.run))?.state).toBe('running');
    watcher.unsubscribe();
    await working;
    expect((await store.get(watched.run))?.state).toBe('cancelled');
  });

  it('stops although a run comes while it does', async () => {
    open({ shutdownGraceMs: 0 });
    const claim = log.claim.bind(log);
    const held = Promise.withResolvers<void>();
    log.claim = async (key) => {
      await held.promise;
      return claim(key);
    };
    const owning = worker.own(aRun()).then((late) => worker.perform(late, endless('late')));
    lifecycle.onModuleDestroy();
    const stopping = worker.beforeApplicationShutdown();
    await firstValueFrom(lifecycle.graceOver);
    held.resolve();
    await stopping;
    await owning;
    expect(await log.unended()).toHaveLength(1);
  });

  it('ends the watch on a run whose log is gone', async () => {
    const active = await admitted();
    const onError = jest.fn();
    const ended = new Promise<void>((resolve) => {
      watchers.watch(active.run).subscribe({
        error: (error: unknown) => {
          onError(error);
          resolve();
        },
      });
    });
    await log.drop([active.run]);
    await ended;
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ code: 'run_expired' }));
  });
});
