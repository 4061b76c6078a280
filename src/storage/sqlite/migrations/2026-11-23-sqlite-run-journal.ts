import { sql, type Kysely } from 'kysely';

/** Events first go into one journal of all runs, and from there, many at a time, into pages. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // AUTOINCREMENT: entries of a log that is gone must not be taken for those of one that came later.
  await sql`
    CREATE TABLE numbered_run_logs (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      run_id TEXT NOT NULL UNIQUE,
      owner TEXT NOT NULL,
      epoch INTEGER NOT NULL,
      last_seq INTEGER NOT NULL,
      ended INTEGER NOT NULL DEFAULT 0,
      dropped INTEGER NOT NULL DEFAULT 0
    ) STRICT`.execute(db);
  await sql`INSERT INTO numbered_run_logs SELECT * FROM run_logs`.execute(db);
  await sql`DROP TABLE run_logs`.execute(db);
  await sql`ALTER TABLE numbered_run_logs RENAME TO run_logs`.execute(db);
  await sql`CREATE INDEX run_logs_unended ON run_logs (id) WHERE ended = 0`.execute(db);
  await sql`CREATE INDEX run_logs_dropped ON run_logs (id) WHERE dropped = 1`.execute(db);
  await sql`
    CREATE TABLE run_journal (
      id INTEGER PRIMARY KEY,
      log INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      version INTEGER NOT NULL,
      body TEXT NOT NULL
    ) STRICT`.execute(db);
  await sql`
    CREATE TABLE run_pages (
      id INTEGER PRIMARY KEY,
      log INTEGER NOT NULL,
      first_seq INTEGER NOT NULL,
      last_seq INTEGER NOT NULL,
      version INTEGER NOT NULL,
      bodies TEXT NOT NULL
    ) STRICT`.execute(db);
  await sql`
    INSERT INTO run_pages (log, first_seq, last_seq, version, bodies)
    SELECT log, min(seq), max(seq), version, '[' || group_concat(body, ',' ORDER BY seq) || ']'
    FROM run_events GROUP BY log, (seq - 1) / 100, version ORDER BY log, min(seq)`.execute(db);
  await sql`CREATE UNIQUE INDEX run_pages_by_log ON run_pages (log, last_seq)`.execute(db);
  await sql`DROP TABLE run_events`.execute(db);
  // For people with a shell: the events of each run, wherever they stand.
  await sql`
    CREATE VIEW run_events (log, seq, version, body) AS
    SELECT page.log, page.first_seq + event.key, page.version, event.value
    FROM run_pages AS page, json_each(page.bodies) AS event
    UNION ALL
    SELECT entry.log, entry.seq, entry.version, entry.body
    FROM run_journal AS entry JOIN run_logs ON run_logs.id = entry.log
    WHERE entry.seq > run_logs.last_seq`.execute(db);
}
