import type { Database } from 'better-sqlite3';
import {
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type QueryCompiler,
} from 'kysely';
import { KyselyConnection } from './kysely-connection.js';
import type { SqliteDatabase } from './sqlite-database.js';
import { StatementCache } from './statement-cache.js';

/**
 * Kysely on the connection that the process has. Its own dialect prepares each query anew, lets only
 * one at a time have the connection and commits each by itself, which together costs several times
 * what the queries do.
 */
export class KyselyDialect implements Dialect {
  constructor(
    private readonly connection: Database,
    private readonly database: SqliteDatabase,
  ) {}

  createAdapter(): DialectAdapter {
    return new SharedConnectionAdapter();
  }

  createDriver(): Driver {
    return new SharedConnectionDriver(this.connection, this.database);
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }
}

class SharedConnectionAdapter extends SqliteAdapter {
  /** Queries need not wait for each other; those that have to are ours to keep waiting. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/** Gives each query the connection at once, and keeps transactions from meeting. */
class SharedConnectionDriver implements Driver {
  readonly #statements: StatementCache;
  /** Settles when the transaction that is open has ended. */
  #transaction: Promise<void> | undefined;
  #ended: (() => void) | undefined;

  constructor(
    private readonly connection: Database,
    private readonly database: SqliteDatabase,
  ) {
    this.#statements = new StatementCache(database);
  }

  async init(): Promise<void> {}

  acquireConnection(): Promise<KyselyConnection> {
    const transaction = (): Promise<void> | undefined => this.#transaction;
    return Promise.resolve(new KyselyConnection(this.database, this.#statements, transaction));
  }

  async releaseConnection(): Promise<void> {}

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    while (this.#transaction !== undefined) await this.#transaction;
    // Readers that want to write later are refused where another connection has written meanwhile.
    this.database.writing(() => this.connection.exec('BEGIN IMMEDIATE'));
    ({ promise: this.#transaction, resolve: this.#ended } = Promise.withResolvers<void>());
    (connection as KyselyConnection).inTransaction = true;
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    this.database.writing(() => this.connection.exec('COMMIT'));
    this.#end(connection);
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      // SQLite itself rolls back where the disk is full; to do it again would hide why.
      if (this.connection.inTransaction) {
        this.database.read(() => this.connection.exec('ROLLBACK'));
      }
    } finally {
      this.#end(connection);
    }
  }

  /** The storage closes what it has opened. */
  async destroy(): Promise<void> {}

  #end(connection: DatabaseConnection): void {
    (connection as KyselyConnection).inTransaction = false;
    this.#transaction = undefined;
    this.#ended?.();
  }
}
