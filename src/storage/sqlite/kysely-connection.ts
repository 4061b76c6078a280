import type { Database, Statement } from 'better-sqlite3';
import type { SqliteDatabase as KyselyDatabase, SqliteStatement } from 'kysely';
import type { SqliteDatabase } from './sqlite-database.js';

/** How many statements are kept prepared: more than the stores have. */
const KEPT = 200;

/**
 * The connection as Kysely takes it. Its own way prepares each query anew, which costs more than
 * most queries do; and what it is told of a failure is what everybody is told.
 */
export class KyselyConnection implements KyselyDatabase {
  /** By their text, the one that was not used for longest first. */
  readonly #statements = new Map<string, SqliteStatement>();

  constructor(
    private readonly connection: Database,
    private readonly database: SqliteDatabase,
  ) {}

  prepare(sql: string): SqliteStatement {
    const statement = this.#statements.get(sql) ?? this.#statementOf(sql);
    this.#statements.delete(sql);
    this.#statements.set(sql, statement);
    if (this.#statements.size > KEPT) {
      const [oldest] = this.#statements.keys();
      this.#statements.delete(oldest!);
    }
    return statement;
  }

  /** The storage closes what it has opened. */
  close(): void {}

  #statementOf(sql: string): SqliteStatement {
    if (sql === 'rollback') return this.#rollback();
    // Readers that want to write later are refused where another connection has written meanwhile.
    const statement = this.database.prepare<unknown[], unknown>(
      sql === 'begin' ? 'BEGIN IMMEDIATE' : sql,
    );
    const reads = statement.reader && statement.readonly;
    return statementFor(statement, (work) =>
      reads ? this.database.read(work) : this.database.writing(work),
    );
  }

  /** SQLite itself rolls back where the disk is full; to do it again would hide why. */
  #rollback(): SqliteStatement {
    const statement = this.connection.prepare<unknown[], unknown>('ROLLBACK');
    const run = () =>
      this.connection.inTransaction
        ? this.database.read(() => statement.run())
        : { changes: 0, lastInsertRowid: 0 };
    return { ...statementFor(statement, (work) => work()), run };
  }
}

function statementFor(
  statement: Statement<unknown[], unknown>,
  guarded: <T>(work: () => T) => T,
): SqliteStatement {
  const all = (parameters: readonly unknown[]) => guarded(() => statement.all(...parameters));
  return {
    reader: statement.reader,
    all,
    run: (parameters) => guarded(() => statement.run(...parameters)),
    // Whole at once: nothing can be written while rows are still to come.
    iterate: (parameters) => all(parameters).values(),
  };
}
