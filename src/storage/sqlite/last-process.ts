import type { Database } from 'better-sqlite3';
import type { LogSync } from '../../config/settings.js';
import { readBootId } from './boot-id.js';
import { readFact, writeFacts } from './facts.js';

/**
 * How long a doubt outlives the opening, in milliseconds. Runs that were under way before are not
 * continued after 10 minutes in any case.
 */
const DOUBT_MS = 15 * 60 * 1000;

/** How the last process left the database, and what this one leaves for the next. */
export class LastProcess {
  /**
   * Whether the database holds all that the last process had committed. It does not where the host
   * may have died before its disk had everything, nor where it is a backup.
   */
  readonly trusted: boolean;

  readonly #bootId = readBootId();
  #doubt: NodeJS.Timeout | undefined;

  constructor(
    private readonly connection: Database,
    private readonly logSync: LogSync,
  ) {
    this.trusted = this.#isTrusted();
    if (this.trusted) {
      this.#markRunning();
    } else {
      // The facts stay as they are: a process that dies now may not have dealt with all that is in
      // doubt, and the one after it has to doubt it too.
      this.#doubtForNow();
    }
  }

  /** Leaves word of a clean stop. */
  markClean(): void {
    clearTimeout(this.#doubt);
    if (this.#doubt === undefined) writeFacts(this.connection, { clean: 'yes' });
  }

  #isTrusted(): boolean {
    const clean = readFact(this.connection, 'clean') ?? 'yes';
    if (clean !== 'no') return clean === 'yes';
    if (readFact(this.connection, 'log_sync') === 'full') return true;
    const bootId = readFact(this.connection, 'boot_id');
    // A system that does not name its boots is never taken for another boot.
    return !bootId || this.#bootId === undefined || bootId === this.#bootId;
  }

  #doubtForNow(): void {
    this.#doubt = setTimeout(() => {
      try {
        this.#markRunning();
        this.#doubt = undefined;
      } catch {
        // The disk is full, say, which whoever writes is told: there is no hurry here.
        this.#doubtForNow();
      }
    }, DOUBT_MS).unref();
  }

  #markRunning(): void {
    // On the disk before anything else is: a host that dies now must not look cleanly stopped.
    this.connection.pragma('synchronous = FULL');
    try {
      writeFacts(this.connection, {
        clean: 'no',
        log_sync: this.logSync,
        boot_id: this.#bootId ?? '',
      });
    } finally {
      this.connection.pragma(`synchronous = ${this.logSync}`);
    }
  }
}
