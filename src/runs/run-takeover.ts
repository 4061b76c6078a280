import { Injectable } from '@nestjs/common';
import { Logger } from '../logging/logger.js';
import { StorageUnavailableError } from '../storage/storage-errors.js';
import { Storage } from '../storage/storage.js';
import { ActiveRun } from './active-run.js';
import { RunInterruptedError } from './run-errors.js';
import type { Ownership } from './run-log.js';
import { RunLog } from './run-log.js';
import { ProgressReducer } from './run-progress.js';
import { RunStore } from './run-store.js';
import { RunWatchers } from './run-watchers.js';
import { RunWorker } from './run-worker.js';
import { isFinished, type Run, type RunKey } from './run.js';

/** A run that was taken over so often takes its owners down, or never gets anywhere. */
const MOST_TAKEOVERS = 3;

/** How old a run may be, in milliseconds: after that, whoever had asked has given up. */
const OLDEST = 10 * 60 * 1000;

/** Takes over the runs that have no owner any more, with all that their logs say of them. */
@Injectable()
export class RunTakeover {
  constructor(
    private readonly log: RunLog,
    private readonly store: RunStore,
    private readonly storage: Storage,
    private readonly watchers: RunWatchers,
    private readonly worker: RunWorker,
    private readonly logger: Logger,
  ) {}

  /**
   * Takes ownership of each run that has no terminal event and is not this process's already.
   * @param afterStart whether they are those of a process before this one
   * @returns those that are to be gone on with, queued ones included, oldest first
   */
  async takeOver({ afterStart }: { afterStart: boolean }): Promise<readonly ActiveRun[]> {
    const taken: ActiveRun[] = [];
    for (const key of await this.log.unended()) {
      if (this.worker.owns(key.id)) continue;
      try {
        const active = await this.#take(key, afterStart);
        if (active !== undefined) taken.push(active);
      } catch (error) {
        if (error instanceof StorageUnavailableError) throw error;
        // One that we cannot deal with must not keep all others, and the service, from going on.
        this.logger.error({ run_id: key.id, err: error }, 'run not taken over');
      }
    }
    return taken;
  }

  async #take(key: RunKey, afterStart: boolean): Promise<ActiveRun | undefined> {
    const ownership = await this.log.claim(key);
    const run = await this.store.takeOver(key, ownership.epoch);
    if (run === undefined) {
      // Its owner died before the run was admitted: nobody has ever heard of it.
      await this.log.drop([key]);
      return undefined;
    }
    if (isFinished(run.state)) {
      await this.#close(run, ownership);
      return undefined;
    }
    const reducer = await this.watchers.reduce(key, new ProgressReducer());
    const interrupted = this.#interruptionOf(run, afterStart);
    const active = new ActiveRun(run, this.log, ownership, reducer.progress, interrupted);
    this.worker.adopt(active);
    const { id, sessionId, state, epoch, takeovers } = run;
    this.logger.info(
      { run_id: id, session_id: sessionId, state, epoch, takeovers, last_seq: ownership.lastSeq },
      'run taken over',
    );
    return active;
  }

  /** Its owner died after it had settled the run, and before the log said so. */
  async #close(run: Run, { epoch, lastSeq }: Ownership): Promise<void> {
    const { state, settlement } = run;
    if (!isFinished(state) || settlement === undefined) return;
    await this.log.append(run, epoch, [{ type: state, ...settlement, seq: lastSeq + 1 }]);
    this.logger.info({ run_id: run.id, state }, 'run closed');
  }

  #interruptionOf(run: Run, afterStart: boolean): RunInterruptedError | undefined {
    if (afterStart && !this.storage.trusted) {
      // The host died: its disk may have less of the answer than the readers have.
      return new RunInterruptedError('The storage may lack a part of this answer.');
    }
    if (run.takeovers > MOST_TAKEOVERS) {
      return new RunInterruptedError('This answer was interrupted too often.');
    }
    if (Date.now() - run.createdAt > OLDEST) {
      return new RunInterruptedError('This answer was interrupted for too long.');
    }
    return undefined;
  }
}
