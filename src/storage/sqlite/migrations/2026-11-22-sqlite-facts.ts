import { sql, type Kysely } from 'kysely';

/** What a database says of itself: see `FactName`. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE storage_facts (
      name TEXT PRIMARY KEY,
      value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`.execute(db);
}
