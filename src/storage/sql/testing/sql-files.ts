import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect, type KyselyConfig } from 'kysely';
import { Settings } from '../../../config/settings.js';
import { createLogger } from '../../../logging/logger.js';
import { SqliteStorage } from '../../sqlite/sqlite-storage.js';
import { migrate } from '../migrate.js';
import { MIGRATIONS } from '../migrations/index.js';
import { SqlDatabase } from '../sql-database.js';
import type { Tables } from '../tables.js';

/** How long a connection waits for another one to the same file, in milliseconds. */
const BUSY_TIMEOUT = 5_000;

/** Real files for tests, and the connections to them. */
export class SqlFiles {
  readonly #directories: string[] = [];
  readonly #open = new Set<SqlDatabase>();
  readonly #storages: SqliteStorage[] = [];

  /** The path of a file that is not there yet. */
  async path(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'agno-sql-'));
    this.#directories.push(directory);
    return join(directory, 'agno.db');
  }

  /** The database of a storage as the service has it, new. */
  async storage(): Promise<SqlDatabase> {
    const dataDir = dirname(await this.path());
    const settings: Settings = { ...new Settings(), dataDir, logLevel: 'silent' };
    const storage = await SqliteStorage.open(settings, createLogger(settings));
    this.#storages.push(storage);
    return storage.sql;
  }

  /** A connection of its own, to a new file unless one is named. */
  async connect(path?: string, log?: KyselyConfig['log']): Promise<SqlDatabase> {
    const file = new Database(path ?? (await this.path()), { timeout: BUSY_TIMEOUT });
    file.pragma('journal_mode = WAL');
    file.pragma('synchronous = NORMAL');
    file.pragma('foreign_keys = ON');
    const dialect = new SqliteDialect({ database: file });
    const database = new SqlDatabase(new Kysely<Tables>({ dialect, ...(log && { log }) }));
    this.#open.add(database);
    await migrate(database.db, MIGRATIONS);
    return database;
  }

  async close(database: SqlDatabase): Promise<void> {
    this.#open.delete(database);
    await database.db.destroy();
  }

  /** Closes and removes everything. */
  async clear(): Promise<void> {
    for (const database of this.#open) await this.close(database);
    for (const storage of this.#storages.splice(0)) await storage.onApplicationShutdown();
    for (const directory of this.#directories.splice(0)) await rm(directory, { recursive: true });
  }
}
