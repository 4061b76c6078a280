import { Injectable } from '@nestjs/common';
import { isFinished, type Owner, type Run, type RunKey } from '../run.js';
import { StaleEpochError } from '../run-errors.js';
import {
  RunStore,
  type Admission,
  type RunFilter,
  type RunPage,
  type SettledState,
} from '../run-store.js';

/** Keeps the runs in the process. Each method runs to its end in one turn, so it is atomic. */
@Injectable()
export class MemoryRunStore extends RunStore {
  /** In the order of admission. */
  readonly #runs = new Map<string, Run>();
  /** Run ids by owner and idempotency key. */
  readonly #byKey = new Map<string, string>();
  /** Unfinished run ids by session, oldest first; only the first is not queued. */
  readonly #unfinished = new Map<string, string[]>();

  override async admit(run: Run, queue: boolean): Promise<Admission> {
    if (run.idempotency !== undefined) {
      const known = this.#named(run.owner, run.idempotency.key);
      if (known !== undefined) {
        const same = known.idempotency?.fingerprint === run.idempotency.fingerprint;
        return { outcome: same ? 'joined' : 'conflict', run: copy(known) };
      }
    }
    const ahead = run.sessionId === null ? [] : (this.#unfinished.get(run.sessionId) ?? []);
    const busy = ahead[0] === undefined ? undefined : this.#runs.get(ahead[0]);
    if (busy !== undefined && !queue) return { outcome: 'busy', run: copy(busy) };

    const admitted: Run = { ...run, state: busy === undefined ? 'running' : 'queued' };
    this.#runs.set(run.id, admitted);
    if (run.sessionId !== null) this.#unfinished.set(run.sessionId, [...ahead, run.id]);
    if (run.idempotency !== undefined) {
      this.#byKey.set(keyOf(run.owner, run.idempotency.key), run.id);
    }
    return { outcome: 'created', run: copy(admitted) };
  }

  override async get(key: RunKey): Promise<Run | undefined> {
    const run = this.#owned(key);
    return run && copy(run);
  }

  override async findByIdempotencyKey(owner: Owner, key: string): Promise<Run | undefined> {
    const run = this.#named(owner, key);
    return run && copy(run);
  }

  override async promoteQueued(owner: Owner, sessionId: string): Promise<Run | undefined> {
    const next = this.#runs.get(this.#unfinished.get(sessionId)?.[0] ?? '');
    if (next === undefined || next.owner !== owner || next.state !== 'queued') return undefined;
    next.state = 'running';
    return copy(next);
  }

  override async takeOver(
    key: RunKey,
    epoch: number,
    { counts }: { counts: boolean },
  ): Promise<Run | undefined> {
    const run = this.#owned(key);
    if (run === undefined) return undefined;
    if (!isFinished(run.state)) {
      refuseStale(run, epoch);
      run.epoch = epoch;
      if (counts && run.state !== 'waiting') run.takeovers += 1;
    }
    return copy(run);
  }

  override async setWaiting(key: RunKey, epoch: number, isWaiting: boolean): Promise<void> {
    const run = this.#owned(key);
    if (run === undefined || isFinished(run.state)) return;
    refuseStale(run, epoch);
    run.state = isWaiting ? 'waiting' : 'running';
  }

  override async settle(key: RunKey, epoch: number, settled: SettledState): Promise<void> {
    const run = this.#owned(key);
    if (run === undefined || isFinished(run.state)) return;
    refuseStale(run, epoch);
    run.state = settled.state;
    run.settlement = settled.settlement;
    run.finishedAt = settled.finishedAt;
    // What was asked may be a megabyte, and nobody asks for it once the work is over.
    run.request = { ...run.request, messages: [] };
    if (settled.releaseKey) this.#releaseKey(run);
    if (run.sessionId === null) return;
    const left = (this.#unfinished.get(run.sessionId) ?? []).filter((id) => id !== run.id);
    if (left.length > 0) this.#unfinished.set(run.sessionId, left);
    else this.#unfinished.delete(run.sessionId);
  }

  override async list(
    owner: Owner,
    { sessionId, state, idempotencyKey }: RunFilter,
    { before, limit }: RunPage,
  ): Promise<readonly Run[]> {
    return [...this.#runs.values()]
      .filter(
        (run) =>
          run.owner === owner &&
          (sessionId === undefined || run.sessionId === sessionId) &&
          (state === undefined || run.state === state) &&
          (idempotencyKey === undefined || run.idempotency?.key === idempotencyKey) &&
          (before === undefined || run.id < before),
      )
      .sort((a, b) => (a.id < b.id ? 1 : -1))
      .slice(0, limit)
      .map((run) => ({ ...run, request: { ...run.request, messages: [] } }));
  }

  override async expired(finishedBefore: number, limit: number): Promise<readonly RunKey[]> {
    return [...this.#runs.values()]
      .filter(({ finishedAt }) => finishedAt !== null && finishedAt < finishedBefore)
      .slice(0, limit)
      .map(({ owner, id }) => ({ owner, id }));
  }

  override async forget(keys: readonly RunKey[]): Promise<void> {
    for (const key of keys) {
      const run = this.#owned(key);
      if (run === undefined || !isFinished(run.state)) continue;
      this.#releaseKey(run);
      this.#runs.delete(run.id);
    }
  }

  #owned({ owner, id }: RunKey): Run | undefined {
    const run = this.#runs.get(id);
    return run?.owner === owner ? run : undefined;
  }

  #named(owner: Owner, key: string): Run | undefined {
    return this.#runs.get(this.#byKey.get(keyOf(owner, key)) ?? '');
  }

  #releaseKey(run: Run): void {
    if (run.idempotency === undefined) return;
    this.#byKey.delete(keyOf(run.owner, run.idempotency.key));
    run.idempotency = undefined;
  }
}

function keyOf(owner: Owner, key: string): string {
  return JSON.stringify([owner, key]);
}

function refuseStale(run: Run, epoch: number): void {
  if (run.epoch > epoch) throw new StaleEpochError(run.id, epoch);
}

/** What is handed out is a picture of the run at that moment, as any other store gives it. */
function copy(run: Run): Run {
  return { ...run };
}
