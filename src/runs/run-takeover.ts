import { Injectable } from '@nestjs/common';
import { Lifecycle } from '../http/lifecycle.js';
import { Logger } from '../logging/logger.js';
import { StorageUnavailableError } from '../storage/storage-errors.js';
import { Storage } from '../storage/storage.js';
import { ActiveRun } from './active-run.js';
import { RunInterruptedError } from './run-errors.js';
import type { Ownership } from './run-log.js';
import { RunLog } from './run-log.js';
import { isWaiting, NO_PROGRESS, ProgressReducer, type RunProgress } from './run-progress.js';
import { RunStore } from './run-store.js';
import { RunWatchers } from './run-watchers.js';
import { RunWorker } from './run-worker.js';
import { isFinished, type Run, type RunKey } from './run.js';

/** A run that was taken over so often takes its owners down, or never gets anywhere. */
const MOST_TAKEOVERS = 3;

/** How old a run may be, in milliseconds: after that, whoever had asked has given up. */
const OLDEST = 10 * 60 * 1000;

/**
 * Why runs have no owner: the process before this one has died or stopped, the storage was lost, or
 * their owner could not go on with them.
 */
export type TakeoverReason = 'started' | 'restored' | 'abandoned';

/** Takes over the runs that have no owner any more, with all that their logs say of them. */
@Injectable()
export class RunTakeover {
  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly log: RunLog,
    private readonly store: RunStore,
    private readonly storage: Storage,
    private readonly watchers: RunWatchers,
    private readonly worker: RunWorker,
    private readonly logger: Logger,
  ) {}

  /**
   * Takes ownership of each run that has no terminal event and is not this process's already, oldest
   * first, queued ones too. Each is to be gone on with before the next is asked for.
   * @throws StorageUnavailableError
   */
  async *takeOver(why: TakeoverReason): AsyncGenerator<ActiveRun, void> {
    for (const key of await this.log.unended()) {
      if (this.lifecycle.stopping) return;
      if (this.worker.owns(key.id)) continue;
      const active = await this.#takeIfPossible(key, why);
      if (active !== undefined) yield active;
    }
  }

  /** One that we cannot deal with must not keep all others, and the service, from going on. */
  async #takeIfPossible(key: RunKey, why: TakeoverReason): Promise<ActiveRun | undefined> {
    try {
      return await this.#take(key, why);
    } catch (error) {
      if (error instanceof StorageUnavailableError) throw error;
      this.logger.error({ run_id: key.id, err: error }, 'run not taken over');
      return undefined;
    }
  }

  async #take(key: RunKey, why: TakeoverReason): Promise<ActiveRun | undefined> {
    const ownership = await this.log.claim(key);
    // A run whose process has died may be what has killed it; one whose disk was full has not.
    const run = await this.store.takeOver(key, ownership.epoch, { counts: why !== 'restored' });
    if (run === undefined) {
      // Its owner died before the run was admitted: nobody has ever heard of it.
      await this.log.drop([key]);
      return undefined;
    }
    if (isFinished(run.state)) {
      await this.#close(run, ownership);
      return undefined;
    }
    const active = await this.#activeRun(run, ownership);
    // Lost meanwhile, it has told all whose runs they are; this one would never hear of it.
    if (!this.storage.available) throw new StorageUnavailableError();
    this.worker.adopt(active);
    const { id, sessionId, state, epoch, takeovers } = run;
    this.logger.info(
      { run_id: id, session_id: sessionId, state, epoch, takeovers, last_seq: ownership.lastSeq },
      'run taken over',
    );
    return active;
  }

  async #activeRun(run: Run, ownership: Ownership): Promise<ActiveRun> {
    try {
      const { progress } = await this.watchers.reduce(run, new ProgressReducer());
      const interrupted = this.#interruptionOf(run, progress);
      return new ActiveRun(run, this.log, ownership, progress, interrupted);
    } catch (error) {
      if (error instanceof StorageUnavailableError) throw error;
      this.logger.error({ run_id: run.id, err: error }, 'run log not readable');
      const unreadable = new RunInterruptedError('What is kept of this answer cannot be read.');
      // What it holds may well be text that somebody has read: the key stays with the run.
      const firstTokenMs = ownership.lastSeq > 0 ? 0 : null;
      return new ActiveRun(run, this.log, ownership, { ...NO_PROGRESS, firstTokenMs }, unreadable);
    }
  }

  /** Its owner died after it had settled the run, and before the log said so. */
  async #close(run: Run, { epoch, lastSeq }: Ownership): Promise<void> {
    const { state, settlement } = run;
    if (!isFinished(state) || settlement === undefined) return;
    await this.log.append(run, epoch, [{ type: state, ...settlement, seq: lastSeq + 1 }]);
    this.logger.info({ run_id: run.id, state }, 'run closed');
  }

  #interruptionOf(run: Run, progress: RunProgress): RunInterruptedError | undefined {
    if (run.createdAt < this.storage.trustedSince) {
      // The host died: its disk may have less of the answer than the readers have.
      return new RunInterruptedError('The storage may lack a part of this answer.');
    }
    // One that waits for a decision waits as long as it was told to.
    if (isWaiting(progress)) return undefined;
    // One that still waits in its session has done nothing to anybody.
    if (run.takeovers > MOST_TAKEOVERS && run.state !== 'queued') {
      return new RunInterruptedError('This answer was interrupted too often.');
    }
    if (Date.now() - Math.max(run.createdAt, progress.decidedAt ?? 0) > OLDEST) {
      return new RunInterruptedError('This answer was interrupted for too long.');
    }
    return undefined;
  }
}
