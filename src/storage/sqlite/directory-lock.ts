import Database from 'better-sqlite3';
import { StorageOpenError } from '../storage-errors.js';
import { toOpenError } from './open-fault.js';
import { storageFailureOf } from './sqlite-failures.js';

/**
 * Keeps other processes out of a data directory: a transaction that is held open on a database of
 * its own. Whatever ends the process gives it up.
 */
export class DirectoryLock {
  // Held here too: a connection that is collected as garbage gives the lock up.
  readonly #connection: Database.Database;

  /** @throws StorageOpenError where another process has it */
  constructor(directory: string, file: string) {
    try {
      this.#connection = new Database(file, { timeout: 0 });
      // Nothing is ever written: no journal beside it either.
      this.#connection.pragma('journal_mode = MEMORY');
      this.#connection.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      if (storageFailureOf(error) !== 'SQLITE_BUSY') throw toOpenError(file, error);
      throw new StorageOpenError(
        `Cannot open ${directory}: another process uses it; stop that one, or set DATA_DIR to another folder`,
      );
    }
  }

  release(): void {
    this.#connection.close();
  }
}
