import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Logger } from '../logging/logger.js';
import { Storage } from '../storage/storage.js';
import { RunLog } from './run-log.js';
import { RunStore } from './run-store.js';

/** How often finished runs are looked through, in milliseconds. */
const SWEEP_INTERVAL = 60_000;

/** How many runs are forgotten together. */
const BATCH = 100;

/** Forgets runs, their logs and their idempotency keys `RUN_RETENTION` after they finished. */
@Injectable()
export class RunRetention implements OnApplicationBootstrap, OnModuleDestroy {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly log: RunLog,
    private readonly store: RunStore,
    private readonly storage: Storage,
    private readonly settings: Settings,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const interval = Math.min(SWEEP_INTERVAL, this.settings.runRetentionMs);
    this.#timer = setInterval(() => {
      this.sweep().catch((error: unknown) => this.logger.error({ err: error }, 'sweep failed'));
    }, interval).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.#timer);
  }

  /** The log goes first: a run whose log is gone is swept anew, a log without its run never was. */
  async sweep(now = Date.now()): Promise<void> {
    if (!this.storage.available) return;
    let swept = 0;
    for (;;) {
      const expired = await this.store.expired(now - this.settings.runRetentionMs, BATCH);
      await this.log.drop(expired);
      await this.store.forget(expired);
      swept += expired.length;
      if (expired.length < BATCH) break;
    }
    if (swept > 0) this.logger.info({ runs: swept }, 'finished runs swept');
  }
}
