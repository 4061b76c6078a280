import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Settings } from '../../../config/settings.js';
import type { Logger } from '../../../logging/logger.js';
import { SqliteStorage } from '../sqlite-storage.js';

/** Of a user who is nobody in particular. */
const NOBODY = 65_534;

/** A line of the log. */
export interface Line {
  level: string;
  message: string;
  fields: Record<string, unknown>;
}

/** A data directory of a test, with all that is opened in it. */
export class StorageDirectory {
  readonly root = mkdtempSync(join(tmpdir(), 'agno-storage-'));
  readonly path = join(this.root, 'data');
  readonly database = join(this.path, 'agno.db');
  readonly lines: Line[] = [];
  readonly #closing: (() => unknown)[] = [];

  readonly logger: Logger = {
    debug: (fields, message) => this.#log('debug', fields, message),
    info: (fields, message) => this.#log('info', fields, message),
    warn: (fields, message) => this.#log('warn', fields, message),
    error: (fields, message) => this.#log('error', fields, message),
  };

  async open(settings: Partial<Settings> = {}): Promise<SqliteStorage> {
    const storage = await SqliteStorage.open(
      new Settings({ dataDir: this.path, ...settings }),
      this.logger,
    );
    this.#closing.push(() => storage.onApplicationShutdown());
    return storage;
  }

  /** Opens the database, leaves something in it, and closes it. */
  async fill(): Promise<void> {
    const storage = await this.open();
    storage.database.write(() =>
      storage.database
        .prepare("INSERT INTO run_logs (run_id, owner, epoch, last_seq) VALUES ('r', 'o', 1, 0)")
        .run(),
    );
    await storage.onApplicationShutdown();
  }

  /** Another connection to the database, as a shell of its operator has it. */
  connect(file = this.database): Database.Database {
    const connection = new Database(file);
    this.#closing.push(() => connection.close());
    return connection;
  }

  /** Does something as a user whom permissions bind: they do not bind root. */
  async asOrdinaryUser<T>(work: () => Promise<T>): Promise<T> {
    if (process.geteuid!() !== 0) return work();
    chownSync(this.root, NOBODY, NOBODY);
    process.seteuid!(NOBODY);
    try {
      return await work();
    } finally {
      process.seteuid!(0);
    }
  }

  async remove(): Promise<void> {
    for (const close of this.#closing.splice(0).reverse()) await close();
    rmSync(this.root, { recursive: true, force: true });
  }

  #log(level: string, fields: object, message: string): void {
    this.lines.push({ level, message, fields: fields as Record<string, unknown> });
  }
}
