import type { OnApplicationShutdown } from '@nestjs/common';
import type { Database } from 'better-sqlite3';
import { Kysely } from 'kysely';
import type { Settings } from '../../config/settings.js';
import type { Logger } from '../../logging/logger.js';
import { SqlDatabase } from '../sql/sql-database.js';
import { Storage } from '../storage.js';
import { Availability } from './availability.js';
import { Checkpoints } from './checkpoints.js';
import { DataDirectory } from './data-directory.js';
import { DirectoryLock } from './directory-lock.js';
import { KyselyDialect } from './kysely-dialect.js';
import { LastProcess } from './last-process.js';
import { openDatabase } from './open-database.js';
import { opening } from './open-fault.js';
import { Recovery } from './recovery.js';
import { SqliteDatabase } from './sqlite-database.js';

/** One SQLite file in `DATA_DIR`, written by this process alone. */
export class SqliteStorage extends Storage implements OnApplicationShutdown {
  override readonly trustedSince: number;

  /** For what is written by statements of its own: the run log. */
  readonly database: SqliteDatabase;

  /** For what is written through Kysely, on the same connection. */
  readonly sql: SqlDatabase;

  readonly #availability: Availability;
  readonly #checkpoints: Checkpoints;
  readonly #recovery: Recovery;

  private constructor(
    file: string,
    private readonly lock: DirectoryLock,
    private readonly connection: Database,
    private readonly lastProcess: LastProcess,
    private readonly logger: Logger,
  ) {
    super();
    this.trustedSince = lastProcess.trustedSince;
    this.#availability = new Availability(logger);
    this.database = new SqliteDatabase(connection, this.#availability);
    this.#checkpoints = new Checkpoints(file, this.database, logger);
    this.#recovery = new Recovery(connection, this.#availability);
    this.sql = new SqlDatabase(
      new Kysely({ dialect: new KyselyDialect(connection, this.database) }),
    );
  }

  /**
   * Opens the database of `DATA_DIR`, or makes one. Nothing that is there is ever deleted or replaced.
   * @throws StorageOpenError with what is wrong, where, and what to do
   */
  static async open(settings: Settings, logger: Logger): Promise<SqliteStorage> {
    const directory = new DataDirectory(settings.dataDir);
    directory.prepare(logger);
    directory.prepareLock();
    const lock = new DirectoryLock(directory.path, directory.lock);
    let connection: Database | undefined;
    try {
      directory.prepareDatabase();
      const file = directory.database;
      const opened = (connection = await openDatabase(file, settings.logSync));
      const last = opening(file, () => new LastProcess(opened, settings.logSync));
      return new SqliteStorage(file, lock, opened, last, logger);
    } catch (error) {
      connection?.close();
      lock.release();
      throw error;
    }
  }

  override get available(): boolean {
    return this.#availability.available;
  }

  override get lost() {
    return this.#availability.lost;
  }

  override get restored() {
    return this.#availability.restored;
  }

  /** After the server has closed: nobody is left who reads or writes. */
  async onApplicationShutdown(): Promise<void> {
    if (!this.connection.open) return;
    this.#recovery.close();
    await this.#checkpoints.close();
    try {
      this.lastProcess.markClean();
    } catch (error) {
      this.logger.warn({ err: error }, 'the storage could not take note of a clean stop');
    }
    // The last connection leaves the whole in one file.
    this.connection.close();
    this.lock.release();
  }
}
