import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Logger } from '../logging/logger.js';
import { RunAudience } from './run-audience.js';
import { RunLog } from './run-log.js';
import { RunStore } from './run-store.js';
import type { Run, RunKey } from './run.js';

/**
 * Forgets the runs that are not to be kept (`store: false`), once they have been read to their end: after
 * the grace time in which a reader that was cut may come again. Those that nobody reads are kept as long
 * as others.
 */
@Injectable()
export class UnstoredRuns implements OnModuleDestroy {
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly audience: RunAudience,
    private readonly log: RunLog,
    private readonly store: RunStore,
    private readonly settings: Settings,
    private readonly logger: Logger,
  ) {}

  onModuleDestroy(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  /** Somebody has read the run to its end. */
  hasBeenRead({ id, owner, request }: Run): void {
    if (request.store !== false || this.#timers.has(id)) return;
    this.#forgetLater({ id, owner });
  }

  #forgetLater(key: RunKey): void {
    const timer = setTimeout(() => {
      this.#timers.delete(key.id);
      if (this.audience.isWatched(key)) return this.#forgetLater(key);
      this.#forget(key).catch((error: unknown) =>
        // It is swept with all others later.
        this.logger.error({ run_id: key.id, err: error }, 'run not forgotten'),
      );
    }, this.settings.disconnectGraceMs).unref();
    this.#timers.set(key.id, timer);
  }

  /** In the order of `RunRetention`. */
  async #forget(key: RunKey): Promise<void> {
    await this.log.drop([key]);
    await this.store.forget([key]);
  }
}
