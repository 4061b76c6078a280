import { Injectable } from '@nestjs/common';
import { SessionBusyError } from '../runs/run-errors.js';
import { RunLog } from '../runs/run-log.js';
import { RunStore } from '../runs/run-store.js';
import { RunWorker } from '../runs/run-worker.js';
import { isFinished, type Run } from '../runs/run.js';
import { SessionStore, type SessionKey } from './session-store.js';

/** How many runs are forgotten together. */
const BATCH = 100;

/** Forgets sessions, with their runs, logs and idempotency keys. */
@Injectable()
export class SessionDeletion {
  constructor(
    private readonly log: RunLog,
    private readonly runs: RunStore,
    private readonly sessions: SessionStore,
    private readonly worker: RunWorker,
  ) {}

  /**
   * Forgets a session. Its unfinished runs are cancelled first.
   * @returns whether there was one
   * @throws SessionBusyError where a run cannot be ended: another process has it
   */
  async delete(key: SessionKey): Promise<boolean> {
    if ((await this.sessions.get(key)) === undefined) return false;
    await this.#forgetRuns(key);
    const wasThere = await this.sessions.delete(key);
    // A run that was let in meanwhile has found no session: nothing of it is to be left, either.
    await this.#forgetRuns(key);
    return wasThere;
  }

  async #forgetRuns({ owner, id: sessionId }: SessionKey): Promise<void> {
    for (;;) {
      const runs = await this.runs.list(owner, { sessionId }, { limit: BATCH });
      for (const run of runs) if (!isFinished(run.state)) await this.#end(run, sessionId);
      const keys = runs.map(({ id }) => ({ owner, id }));
      await this.log.drop(keys);
      await this.runs.forget(keys);
      if (runs.length < BATCH) return;
    }
  }

  async #end(run: Run, sessionId: string): Promise<void> {
    await this.worker.cancel(run, 'The session was deleted.');
    const left = await this.runs.get(run);
    if (left !== undefined && !isFinished(left.state))
      throw new SessionBusyError(sessionId, run.id);
  }
}
