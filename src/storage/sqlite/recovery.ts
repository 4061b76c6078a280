import type { Database } from 'better-sqlite3';
import { merge } from 'rxjs';
import type { Availability } from './availability.js';
import { writeFacts } from './facts.js';

/** From a failure to the next try, in milliseconds. */
const INTERVAL_MS = 1_000;

/** Enough for the answers that wait to go on, and not just for a few rows: 1 MB. */
const PROBE = 'x'.repeat(1024 * 1024);

/** Tries each second whether a storage that has failed takes anything again. */
export class Recovery {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly connection: Database,
    private readonly availability: Availability,
  ) {
    merge(availability.lost, availability.suspected).subscribe(() => {
      this.#timer ??= setTimeout(() => this.#probe(), INTERVAL_MS).unref();
    });
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #probe(): void {
    try {
      if (this.connection.inTransaction) throw new Error('A transaction is open.');
      // Two commits: pages that are written and deleted in one never reach the disk.
      writeFacts(this.connection, { probe: PROBE });
      this.connection.exec("DELETE FROM storage_facts WHERE name = 'probe'");
      this.#timer = undefined;
      this.availability.restore();
    } catch (error) {
      this.#timer = setTimeout(() => this.#probe(), INTERVAL_MS).unref();
      this.availability.lose(error);
    }
  }
}
