import type { Statement } from 'better-sqlite3';
import type { SqliteDatabase } from './sqlite-database.js';

/** How many statements are kept prepared: more than the stores have. */
const KEPT = 200;

/** Prepared statements by their texts: to prepare one costs more than most take to run. */
export class StatementCache {
  /** The one that was not used for longest first. */
  readonly #statements = new Map<string, Statement<unknown[], unknown>>();

  constructor(private readonly database: SqliteDatabase) {}

  get(sql: string): Statement<unknown[], unknown> {
    const statement = this.#statements.get(sql) ?? this.database.prepare<unknown[], unknown>(sql);
    this.#statements.delete(sql);
    this.#statements.set(sql, statement);
    if (this.#statements.size > KEPT) {
      const [oldest] = this.#statements.keys();
      this.#statements.delete(oldest!);
    }
    return statement;
  }
}
