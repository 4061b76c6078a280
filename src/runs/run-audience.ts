import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { RunWorker } from './run-worker.js';
import type { Run, RunKey } from './run.js';

interface Audience {
  watchers: number;
  /** Present while the run is to be cancelled when nobody watches: settles when it has ended. */
  settled: Promise<void> | undefined;
  /** Runs while nobody watches. */
  grace: NodeJS.Timeout | undefined;
}

/** Knows who watches runs, and cancels those that are to be cancelled when nobody does (`on_disconnect`). */
@Injectable()
export class RunAudience {
  /** By the ids of runs that somebody watches, or has to. */
  readonly #audiences = new Map<string, Audience>();

  constructor(
    private readonly worker: RunWorker,
    private readonly settings: Settings,
  ) {}

  /** Cancels the run once nobody has watched it for the grace time, if its request says so. */
  require(run: Run, settled: Promise<void>): void {
    if (run.request.onDisconnect !== 'cancel') return;
    const audience = this.#of(run);
    audience.settled = settled;
    if (audience.watchers === 0) this.#startGrace(run, audience);
    void settled.then(() => {
      // A run that was left and taken over is somebody else's to end.
      if (audience.settled !== settled) return;
      clearTimeout(audience.grace);
      audience.settled = undefined;
      this.#forgetUnlessNeeded(run, audience);
    });
  }

  /** Counts a watcher in. @returns what counts it out again, once */
  join(key: RunKey): () => void {
    const audience = this.#of(key);
    audience.watchers += 1;
    clearTimeout(audience.grace);
    let here = true;
    return () => {
      if (!here) return;
      here = false;
      audience.watchers -= 1;
      if (audience.watchers > 0) return;
      if (audience.settled !== undefined) this.#startGrace(key, audience);
      this.#forgetUnlessNeeded(key, audience);
    };
  }

  isWatched({ id }: RunKey): boolean {
    return (this.#audiences.get(id)?.watchers ?? 0) > 0;
  }

  #of({ id }: RunKey): Audience {
    const known = this.#audiences.get(id);
    if (known !== undefined) return known;
    const audience: Audience = { watchers: 0, settled: undefined, grace: undefined };
    this.#audiences.set(id, audience);
    return audience;
  }

  #forgetUnlessNeeded({ id }: RunKey, { watchers, settled }: Audience): void {
    if (watchers === 0 && settled === undefined) this.#audiences.delete(id);
  }

  #startGrace(key: RunKey, audience: Audience): void {
    clearTimeout(audience.grace);
    audience.grace = setTimeout(() => {
      void this.worker.cancel({ owner: key.owner, id: key.id }, 'Nobody was watching any more.');
    }, this.settings.disconnectGraceMs);
  }
}
