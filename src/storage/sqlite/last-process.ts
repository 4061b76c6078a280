import type { Database } from 'better-sqlite3';
import type { LogSync } from '../../config/settings.js';
import { readBootId } from './boot-id.js';
import { readFact, writeFacts } from './facts.js';

/** How the last process left the database, and what this one leaves for the next. */
export class LastProcess {
  /**
   * Since when the database is known to hold all that was committed, in milliseconds since the epoch;
   * 0 for always. It may lack something where the host died before its disk had everything, and where
   * it is a backup.
   */
  readonly trustedSince: number;

  constructor(
    private readonly connection: Database,
    logSync: LogSync,
  ) {
    const known = Number(readFact(connection, 'trusted_since') ?? 0);
    this.trustedSince = this.#leftEverything() ? known : Date.now();
    // On the disk before anything else is: a host that dies now must not look cleanly stopped.
    connection.pragma('synchronous = FULL');
    writeFacts(connection, {
      clean: 'no',
      log_sync: logSync,
      boot_id: readBootId() ?? '',
      trusted_since: String(this.trustedSince),
    });
    connection.pragma(`synchronous = ${logSync}`);
  }

  /** Leaves word of a clean stop. */
  markClean(): void {
    writeFacts(this.connection, { clean: 'yes' });
  }

  #leftEverything(): boolean {
    const clean = readFact(this.connection, 'clean') ?? 'yes';
    if (clean !== 'no') return clean === 'yes';
    if (readFact(this.connection, 'log_sync') === 'full') return true;
    const [bootId, present] = [readFact(this.connection, 'boot_id'), readBootId()];
    // A system that does not name its boots is never taken for another boot.
    return !bootId || present === undefined || bootId === present;
  }
}
