import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Logger } from '../logging/logger.js';
import { RunStore } from '../runs/run-store.js';
import { Storage } from '../storage/storage.js';
import { SessionDeletion } from './session-deletion.js';
import { SessionStore, type SessionKey } from './session-store.js';

/** How often sessions are looked through, in milliseconds. */
const SWEEP_INTERVAL = 60_000;

/** How many are looked at together. */
const BATCH = 50;

/** Forgets the sessions to which nothing was added for `SESSION_RETENTION`; by default none. */
@Injectable()
export class SessionRetention implements OnApplicationBootstrap, OnModuleDestroy {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly deletion: SessionDeletion,
    private readonly runs: RunStore,
    private readonly sessions: SessionStore,
    private readonly settings: Settings,
    private readonly storage: Storage,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const { sessionRetentionMs } = this.settings;
    if (sessionRetentionMs === 0) return;
    this.#timer = setInterval(
      () => {
        this.sweep().catch((error: unknown) => this.logger.error({ err: error }, 'sweep failed'));
      },
      Math.min(SWEEP_INTERVAL, sessionRetentionMs),
    ).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.#timer);
  }

  async sweep(now = Date.now()): Promise<void> {
    if (!this.storage.available) return;
    let [swept, kept] = [0, 0];
    for (;;) {
      const before = now - this.settings.sessionRetentionMs;
      const expired = await this.sessions.expired(before, BATCH, kept);
      for (const session of expired) {
        if (await this.#isBusy(session)) kept += 1;
        else if (await this.deletion.delete(session)) swept += 1;
      }
      if (expired.length < BATCH) break;
    }
    if (swept > 0) this.logger.info({ sessions: swept }, 'sessions swept');
  }

  /** Whether a run of it waits or is under way: nobody cancels it for its session's age. */
  async #isBusy({ owner, id: sessionId }: SessionKey): Promise<boolean> {
    for (const state of ['queued', 'running', 'waiting'] as const) {
      const [run] = await this.runs.list(owner, { sessionId, state }, { limit: 1 });
      if (run !== undefined) return true;
    }
    return false;
  }
}
