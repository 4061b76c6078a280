import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { RunWorker } from './run-worker.js';
import type { Run, RunKey } from './run.js';

interface Audience {
  watchers: number;
  /** Runs while nobody watches. */
  grace: NodeJS.Timeout | undefined;
}

const NOT_COUNTED = (): void => {};

/** Knows who watches the runs that are to be cancelled when nobody does (`on_disconnect`). */
@Injectable()
export class RunAudience {
  readonly #audiences = new Map<string, Audience>();

  constructor(
    private readonly worker: RunWorker,
    private readonly settings: Settings,
  ) {}

  /** Cancels the run once nobody has watched it for the grace time. */
  require(run: Run, settled: Promise<void>): void {
    if (run.request.onDisconnect !== 'cancel') return;
    const audience: Audience = { watchers: 0, grace: undefined };
    this.#audiences.set(run.id, audience);
    this.#startGrace(run, audience);
    void settled.then(() => {
      clearTimeout(audience.grace);
      this.#audiences.delete(run.id);
    });
  }

  /** Counts a watcher in. @returns what counts it out again, once. */
  join(key: RunKey): () => void {
    const audience = this.#audiences.get(key.id);
    if (audience === undefined) return NOT_COUNTED;
    audience.watchers += 1;
    clearTimeout(audience.grace);
    let here = true;
    return () => {
      if (!here) return;
      here = false;
      audience.watchers -= 1;
      if (audience.watchers === 0) this.#startGrace(key, audience);
    };
  }

  #startGrace(key: RunKey, audience: Audience): void {
    // The run may have settled since: then there is nothing left to cancel.
    if (this.#audiences.get(key.id) !== audience) return;
    audience.grace = setTimeout(() => {
      void this.worker.cancel({ owner: key.owner, id: key.id }, 'Nobody was watching any more.');
    }, this.settings.disconnectGraceMs);
  }
}
