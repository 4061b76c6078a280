import type { Database, Statement } from 'better-sqlite3';
import { Subject } from 'rxjs';
import { StorageUnavailableError } from '../storage-errors.js';
import type { Availability } from './availability.js';
import { JoinedWrites } from './joined-writes.js';
import { storageFailureOf } from './sqlite-failures.js';

/**
 * The one connection that the process writes its database by. All of it is synchronous. A failure of
 * the storage becomes a `StorageUnavailableError`; every other error is thrown as it is.
 */
export class SqliteDatabase {
  readonly #committed = new Subject<void>();
  readonly #immediately: (work: () => unknown) => unknown;
  readonly #joined = new JoinedWrites(
    (work) => this.write(work),
    (flush) => setImmediate(() => this.#whenFree(flush)),
  );
  #held = false;

  constructor(
    private readonly connection: Database,
    private readonly availability: Availability,
  ) {
    const transaction = connection.transaction((work: () => unknown) => work());
    this.#immediately = (work) => transaction.immediate(work);
  }

  /** After each write that is committed. */
  readonly committed = this.#committed.asObservable();

  /**
   * Whether `write` must not be called just now: a transaction of Kysely's is open, or a checkpoint
   * needs a moment without commits. Both are over soon: try again in the next turn of the event loop.
   */
  get inTransaction(): boolean {
    return this.#held || this.connection.inTransaction;
  }

  prepare<P extends unknown[], R>(sql: string): Statement<P, R> {
    return this.read(() => this.connection.prepare<P, R>(sql));
  }

  /**
   * Runs `work` in a transaction of its own. What it throws takes everything back.
   * @throws StorageUnavailableError where the storage fails, which is lost from then on, or is lost
   */
  write<T>(work: () => T): T {
    if (this.connection.inTransaction) throw new Error('A transaction is open already.');
    return this.writing(() => this.#immediately(work) as T);
  }

  /**
   * Runs `work`, a statement that stands alone, at the end of this turn of the event loop: in one
   * transaction with all others that come until then. Resolves once it is committed.
   * @throws as `write`, and what `work` throws, which takes back nothing but this statement
   */
  join<T>(work: () => T): Promise<T> {
    return this.#joined.add(work);
  }

  /** Runs `work`, which only reads. @throws StorageUnavailableError where the storage fails */
  read<T>(work: () => T): T {
    return this.#mapFailures(work, () => this.availability.suspect());
  }

  /**
   * Runs `work`, a part of a transaction or a whole one, with the errors of `write`.
   * @throws StorageUnavailableError
   */
  writing<T>(work: () => T): T {
    if (!this.availability.available) throw new StorageUnavailableError();
    const result = this.#mapFailures(work, (error) => this.availability.lose(error));
    if (!this.connection.inTransaction) this.#committed.next();
    return result;
  }

  /** Keeps `write` waiting until `pause` has settled. */
  async hold<T>(pause: () => Promise<T>): Promise<T> {
    this.#held = true;
    try {
      return await pause();
    } finally {
      this.#held = false;
    }
  }

  #whenFree(flush: () => void): void {
    if (this.inTransaction) setTimeout(() => this.#whenFree(flush), 1);
    else flush();
  }

  #mapFailures<T>(work: () => T, report: (error: unknown) => void): T {
    if (!this.connection.open) throw new StorageUnavailableError();
    try {
      return work();
    } catch (error) {
      if (storageFailureOf(error) === undefined) throw error;
      report(error);
      throw new StorageUnavailableError(error);
    }
  }
}
