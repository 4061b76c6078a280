import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Logger } from '../logging/logger.js';
import { RunLog } from './run-log.js';
import { RunStore } from './run-store.js';

/** How often finished runs are looked through, in milliseconds. */
const SWEEP_INTERVAL = 60_000;

/** Forgets runs, their logs and their idempotency keys `RUN_RETENTION` after they finished. */
@Injectable()
export class RunRetention implements OnApplicationBootstrap, OnModuleDestroy {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly log: RunLog,
    private readonly store: RunStore,
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

  async sweep(now = Date.now()): Promise<void> {
    const swept = await this.store.sweep(now - this.settings.runRetentionMs);
    await this.log.drop(swept);
    if (swept.length > 0) this.logger.info({ runs: swept.length }, 'finished runs swept');
  }
}
