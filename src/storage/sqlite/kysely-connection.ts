import type { Statement } from 'better-sqlite3';
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import type { SqliteDatabase } from './sqlite-database.js';
import type { StatementCache } from './statement-cache.js';

/** The connection as one query has it, or the queries of one transaction. */
export class KyselyConnection implements DatabaseConnection {
  /** Whether a transaction of its own is open. */
  inTransaction = false;

  /** @param transaction settles when the one that is open has ended; undefined: none is */
  constructor(
    private readonly database: SqliteDatabase,
    private readonly statements: StatementCache,
    private readonly transaction: () => Promise<void> | undefined,
  ) {}

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const statement = this.statements.get(sql);
    const run = (): QueryResult<Row> => resultOf<Row>(statement, parameters);
    if (!statement.readonly) {
      return this.inTransaction ? this.database.writing(run) : this.database.join(run);
    }
    // Else it would see what is not committed yet.
    if (!this.inTransaction) while (this.transaction() !== undefined) await this.transaction();
    return this.database.read(run);
  }

  /** All rows are there before the first is handed out: nothing can be written between two of them. */
  async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    const { rows } = await this.executeQuery<Row>(query);
    for (const row of rows) yield { rows: [row] };
  }
}

function resultOf<Row>(
  statement: Statement<unknown[], unknown>,
  parameters: readonly unknown[],
): QueryResult<Row> {
  if (statement.reader) return { rows: statement.all(...parameters) as Row[] };
  return { rows: [], numAffectedRows: BigInt(statement.run(...parameters).changes) };
}
