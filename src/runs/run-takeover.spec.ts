import { beforeEach, describe, expect, it } from '@jest/globals';
import { Settings } from '../config/settings.js';
import { Lifecycle } from '../http/lifecycle.js';
import { newId } from '../http/id.js';
import type { Logger } from '../logging/logger.js';
import { MemoryStorage } from '../storage/memory/memory-storage.js';
import { StorageUnavailableError } from '../storage/storage-errors.js';
import type { Storage } from '../storage/storage.js';
import type { ActiveRun } from './active-run.js';
import { MemoryRunLog } from './memory/memory-run-log.js';
import { MemoryRunStore } from './memory/memory-run-store.js';
import { RunAudience } from './run-audience.js';
import { RunReport } from './run-report.js';
import { RunExpiredError } from './run-errors.js';
import { aRun } from './testing/a-run.js';
import type { RunEvent, Settlement } from './run-event.js';
import type { RunLog } from './run-log.js';
import type { RunStore } from './run-store.js';
import { RunTakeover } from './run-takeover.js';
import { RunWatchers } from './run-watchers.js';
import { RunWorker } from './run-worker.js';
import type { Run } from './run.js';
import { slowRunLog } from './slow-run-log.contract.js';
import { slowly } from './slowly.contract.js';

const ALL = { events: 1_000, size: Number.MAX_SAFE_INTEGER };
const SETTLEMENT: Settlement = {
  finishReason: 'stop',
  usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
  timings: { firstTokenMs: 1, totalMs: 2 },
  attempts: 1,
};
const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** All that a take-over gives. */
async function all(taken: AsyncIterable<ActiveRun>): Promise<readonly ActiveRun[]> {
  const active: ActiveRun[] = [];
  for await (const run of taken) active.push(run);
  return active;
}

describe.each<[string, () => [RunLog, RunStore]]>([
  ['memory', () => [new MemoryRunLog(), new MemoryRunStore()]],
  ['slow stores', () => [slowRunLog(new MemoryRunLog()), slowly(new MemoryRunStore())]],
])('taking runs over, in %s', (_, open) => {
  let log: RunLog;
  let store: RunStore;

  beforeEach(() => {
    [log, store] = open();
  });

  /** A process that has just started on what another one has left. */
  function nextProcess(storage: Storage = new MemoryStorage()): {
    takeover: RunTakeover;
    worker: RunWorker;
  } {
    const settings = new Settings();
    const lifecycle = new Lifecycle(settings);
    const report = new RunReport(settings, SILENT);
    const worker = new RunWorker(lifecycle, log, store, storage, settings, report);
    const watchers = new RunWatchers(log, new RunAudience(worker, settings));
    return {
      takeover: new RunTakeover(lifecycle, log, store, storage, watchers, worker, SILENT),
      worker,
    };
  }

  /** A run that a dead process has left, with these events in its log. */
  async function left(run: Run, events: readonly RunEvent[] = []): Promise<Run> {
    await log.claim(run);
    await store.admit(run, true);
    await log.append(run, 1, events);
    return run;
  }

  const partial: RunEvent[] = [
    { type: 'text', text: 'Hel', firstTokenMs: 7, seq: 1 },
    { type: 'text', text: 'lo', seq: 2 },
  ];

  it('goes on behind the last event, under a new epoch, with what the log says', async () => {
    const run = await left(aRun(), partial);
    const { takeover, worker } = nextProcess();
    const [active] = await all(takeover.takeOver('started'));
    expect(active!.run).toMatchObject({ id: run.id, epoch: 2, takeovers: 1 });
    expect(active!.progress).toMatchObject({ lastSeq: 2, text: 'Hello', firstTokenMs: 7 });
    expect(active!.interrupted).toBeUndefined();
    expect(worker.owned(run.id)).toBe(active);
    await active!.append([{ type: 'text', text: '!' }]);
    expect((await log.read(run, 2, ALL)).map(({ seq }) => seq)).toEqual([3]);
    await expect(log.append(run, 1, [{ type: 'text', text: '?', seq: 4 }])).rejects.toThrow();
    expect(active!.timings.firstTokenMs).toBe(7);
  });

  it('leaves alone what it owns already, and what has ended', async () => {
    const { takeover, worker } = nextProcess();
    const own = aRun();
    const active = await worker.own(own);
    await store.admit(active.run, false);
    const ended = await left(aRun(), [{ type: 'completed', ...SETTLEMENT, seq: 1 }]);
    expect(await all(takeover.takeOver('restored'))).toEqual([]);
    expect((await store.get(own))?.epoch).toBe(1);
    expect(await log.read(ended, 0, ALL)).toHaveLength(1);
  });

  it('does not take what is about to be its own for a run that nobody has admitted', async () => {
    const { takeover, worker } = nextProcess();
    const owning = worker.own(aRun());
    await all(takeover.takeOver('restored'));
    const active = await owning;
    await store.admit(active.run, false);
    await active.append([{ type: 'text', text: 'mine' }]);
  });

  it('writes the end of a run that had been settled already', async () => {
    const run = await left(aRun(), partial);
    await store.settle(run, 1, {
      state: 'completed',
      settlement: SETTLEMENT,
      finishedAt: 5,
      releaseKey: false,
    });
    expect(await all(nextProcess().takeover.takeOver('started'))).toEqual([]);
    expect(await log.read(run, 2, ALL)).toEqual([{ type: 'completed', ...SETTLEMENT, seq: 3 }]);
    expect(await store.get(run)).toMatchObject({ state: 'completed', finishedAt: 5 });
    expect(await log.unended()).toEqual([]);
  });

  it('goes on with the others where one cannot be dealt with', async () => {
    const damaged = await left(aRun(), partial);
    const whole = await left(aRun(), partial);
    const takeOver = store.takeOver.bind(store);
    store.takeOver = async (key, epoch, options) => {
      if (key.id === damaged.id) throw new Error('no such thing');
      return takeOver(key, epoch, options);
    };
    const taken = await all(nextProcess().takeover.takeOver('started'));
    expect(taken.map(({ run }) => run.id)).toEqual([whole.id]);
    store.takeOver = async () => {
      throw new StorageUnavailableError();
    };
    const failing = all(nextProcess().takeover.takeOver('started'));
    await expect(failing).rejects.toBeInstanceOf(StorageUnavailableError);
  });

  it('forgets the log of a run that was never admitted', async () => {
    const run = aRun();
    await log.claim(run);
    expect(await all(nextProcess().takeover.takeOver('started'))).toEqual([]);
    await expect(log.read(run, 0, ALL)).rejects.toBeInstanceOf(RunExpiredError);
  });

  it('returns queued runs too, oldest first', async () => {
    const sessionId = newId();
    const runs = [aRun({ sessionId }), aRun({ sessionId }), aRun({ sessionId })];
    for (const run of runs) await left(run);
    const taken = await all(nextProcess().takeover.takeOver('started'));
    expect(taken.map(({ run }) => [run.id, run.state])).toEqual([
      [runs[0]!.id, 'running'],
      [runs[1]!.id, 'queued'],
      [runs[2]!.id, 'queued'],
    ]);
  });

  it('counts no outages of the storage, and spares what has only waited', async () => {
    const sessionId = newId();
    const [first, second] = [aRun({ sessionId }), aRun({ sessionId })];
    await left(first, partial);
    await left(second);
    for (let time = 1; time <= 5; time += 1) {
      const taken = await all(nextProcess().takeover.takeOver('restored'));
      expect(taken.map(({ interrupted }) => interrupted)).toEqual([undefined, undefined]);
    }
    expect((await store.get(first))?.takeovers).toBe(0);
    for (let time = 1; time <= 3; time += 1) await all(nextProcess().takeover.takeOver('started'));
    const taken = await all(nextProcess().takeover.takeOver('started'));
    expect(taken.map(({ interrupted }) => interrupted?.code)).toEqual(['shutting_down', undefined]);
  });

  it('adopts nothing once the storage is lost again', async () => {
    await left(aRun(), partial);
    const storage = new (class extends MemoryStorage {
      override available: boolean = true;
    })();
    const { takeover, worker } = nextProcess(storage);
    const reading = log.read.bind(log);
    log.read = async (...args) => {
      storage.available = false;
      return reading(...args);
    };
    await expect(all(takeover.takeOver('restored'))).rejects.toBeInstanceOf(
      StorageUnavailableError,
    );
    expect((await log.unended()).filter(({ id }) => worker.owns(id))).toEqual([]);
  });

  it('ends a run whose log cannot be read', async () => {
    const run = await left(aRun(), partial);
    log.read = async () => {
      throw new SyntaxError('not JSON');
    };
    const [active] = await all(nextProcess().takeover.takeOver('started'));
    expect(active!.interrupted).toMatchObject({ code: 'shutting_down', retryable: true });
    expect(active!.hasText).toBe(true);
    await active!.append([{ type: 'failed', ...SETTLEMENT }]);
    expect(await log.unended()).not.toContainEqual({ owner: 'local', id: run.id });
  });

  it('gives up a run at its fourth takeover', async () => {
    await left(aRun(), partial);
    for (let time = 1; time <= 3; time += 1) {
      const [active] = await all(nextProcess().takeover.takeOver('started'));
      expect(active!.interrupted).toBeUndefined();
    }
    const [active] = await all(nextProcess().takeover.takeOver('started'));
    expect(active!.interrupted).toMatchObject({ code: 'shutting_down', retryable: true });
  });

  it.each([
    [11 * 60_000, true],
    [9 * 60_000, false],
    // A clock that was set back.
    [-60 * 60_000, false],
  ])('of a run that is %d ms old says given up: %s', async (age, givenUp) => {
    await left(aRun({ createdAt: Date.now() - age }), partial);
    const [active] = await all(nextProcess().takeover.takeOver('started'));
    expect(active!.interrupted !== undefined).toBe(givenUp);
    expect(active!.timings.totalMs).toBeGreaterThanOrEqual(0);
  });

  it('goes on with nothing that began before the death of the host: the disk may lack what was read', async () => {
    const before = await left(aRun({ createdAt: Date.now() - 1_000 }), partial);
    const after = await left(aRun({ createdAt: Date.now() }), partial);
    const rebooted = new (class extends MemoryStorage {
      override readonly trustedSince = Date.now() - 500;
    })();
    const taken = await all(nextProcess(rebooted).takeover.takeOver('started'));
    expect(taken.map(({ run, interrupted }) => [run.id, interrupted?.code])).toEqual([
      [before.id, 'shutting_down'],
      [after.id, undefined],
    ]);
  });
});
