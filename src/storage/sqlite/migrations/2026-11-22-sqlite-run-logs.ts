import { sql, type Kysely } from 'kysely';

/** The logs of runs and their events. A log has a number of its own, shorter than the run's id. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE run_logs (
      id INTEGER PRIMARY KEY,
      run_id TEXT NOT NULL UNIQUE,
      owner TEXT NOT NULL,
      epoch INTEGER NOT NULL,
      last_seq INTEGER NOT NULL,
      ended INTEGER NOT NULL DEFAULT 0,
      dropped INTEGER NOT NULL DEFAULT 0
    ) STRICT`.execute(db);
  await sql`CREATE INDEX run_logs_unended ON run_logs (id) WHERE ended = 0`.execute(db);
  await sql`CREATE INDEX run_logs_dropped ON run_logs (id) WHERE dropped = 1`.execute(db);
  await sql`
    CREATE TABLE run_events (
      log INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      version INTEGER NOT NULL,
      body TEXT NOT NULL,
      PRIMARY KEY (log, seq)
    ) STRICT, WITHOUT ROWID`.execute(db);
}
