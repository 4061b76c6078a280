import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/**
 * The tables of the first release that kept its runs in a file, as it made them. What stands here is
 * never brought up to date: that is what the service has to do.
 */
const TABLES = `
CREATE TABLE "kysely_migration" ("name" varchar(255) not null primary key, "timestamp" varchar(255) not null);
CREATE TABLE "kysely_migration_lock" ("id" varchar(255) not null primary key, "is_locked" integer default 0 not null);
CREATE TABLE "runs" ("id" text not null, "owner" text not null, "session_id" text, "model" text not null, "agent" text not null, "state" text not null, "epoch" integer not null, "takeovers" integer not null, "request" text not null, "request_messages" text not null, "metadata" text not null, "idempotency_key" text, "fingerprint" text, "request_id" text, "created_at" bigint not null, "finished_at" bigint, "settlement" text, constraint "runs_key" primary key ("owner", "id"));
CREATE UNIQUE INDEX "runs_idempotency_key" on "runs" ("owner", "idempotency_key") where "idempotency_key" is not null;
CREATE UNIQUE INDEX "runs_active_in_session" on "runs" ("owner", "session_id") where state in ('running', 'waiting');
CREATE INDEX "runs_unfinished_in_session" on "runs" ("owner", "session_id", "state", "id") where state in ('queued', 'running', 'waiting');
CREATE INDEX "runs_by_session" on "runs" ("owner", "session_id", "id");
CREATE INDEX "runs_by_state" on "runs" ("owner", "state", "id");
CREATE INDEX "runs_finished" on "runs" ("finished_at") where "finished_at" is not null;
CREATE TABLE "sessions" ("id" text not null primary key, "owner" text not null, "title" text not null, "created_at" bigint not null);
CREATE TABLE "messages" ("id" text not null, "session_id" text not null references "sessions" ("id") on delete cascade, "position" integer not null, "run_id" text not null, "role" text not null, "content" text not null, "created_at" bigint not null, constraint "messages_key" primary key ("session_id", "position"), constraint "messages_of_run" unique ("session_id", "run_id", "role"));
CREATE TABLE storage_facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE run_logs (id INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, epoch INTEGER NOT NULL, last_seq INTEGER NOT NULL, ended INTEGER NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX run_logs_unended ON run_logs (id) WHERE ended = 0;
CREATE INDEX run_logs_dropped ON run_logs (id) WHERE dropped = 1;
CREATE TABLE run_events (log INTEGER NOT NULL, seq INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (log, seq)) STRICT, WITHOUT ROWID;
INSERT INTO kysely_migration VALUES
  ('2026-11-22-runs-and-sessions', '2026-11-22T22:43:13.844Z'),
  ('2026-11-22-sqlite-facts', '2026-11-22T22:43:13.845Z'),
  ('2026-11-22-sqlite-run-logs', '2026-11-22T22:43:13.846Z');
INSERT INTO kysely_migration_lock VALUES ('migration_lock', 0);
INSERT INTO storage_facts VALUES ('event_version', '1'), ('clean', 'no'), ('log_sync', 'full'), ('boot_id', '');
`;

/** What the second release made of them: one journal of all runs, and pages. */
const JOURNAL = `
CREATE TABLE numbered_run_logs (id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, epoch INTEGER NOT NULL, last_seq INTEGER NOT NULL, ended INTEGER NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO numbered_run_logs SELECT * FROM run_logs;
DROP TABLE run_logs;
ALTER TABLE numbered_run_logs RENAME TO run_logs;
CREATE INDEX run_logs_unended ON run_logs (id) WHERE ended = 0;
CREATE INDEX run_logs_dropped ON run_logs (id) WHERE dropped = 1;
CREATE TABLE run_journal (id INTEGER PRIMARY KEY, log INTEGER NOT NULL, seq INTEGER NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE run_pages (id INTEGER PRIMARY KEY, log INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, version INTEGER NOT NULL, bodies TEXT NOT NULL) STRICT;
INSERT INTO run_pages (log, first_seq, last_seq, version, bodies) SELECT log, min(seq), max(seq), version, '[' || group_concat(body, ',' ORDER BY seq) || ']' FROM run_events GROUP BY log, (seq - 1) / 100, version ORDER BY log, min(seq);
CREATE UNIQUE INDEX run_pages_by_log ON run_pages (log, last_seq);
DROP TABLE run_events;
CREATE VIEW run_events (log, seq, version, body) AS SELECT page.log, page.first_seq + event.key, page.version, event.value FROM run_pages AS page, json_each(page.bodies) AS event UNION ALL SELECT entry.log, entry.seq, entry.version, entry.body FROM run_journal AS entry JOIN run_logs ON run_logs.id = entry.log WHERE entry.seq > run_logs.last_seq;
INSERT INTO kysely_migration VALUES ('2026-11-23-sqlite-run-journal', '2026-11-23T04:05:06.789Z');
`;

/** The releases whose data directories there are. */
export type OlderRelease = 'first' | 'second';

/** A run that an older release has left in mid-text. */
export interface LeftRun {
  id: string;
  sessionId: string;
  idempotencyKey: string;
  question: string;
  /** The text so far, an event a piece. */
  pieces: readonly string[];
}

/** Makes a data directory as an older release has left it when it was killed, with one run. */
export function writeOlderDatabase(dataDir: string, run: LeftRun, release: OlderRelease): void {
  mkdirSync(dataDir, { mode: 0o700 });
  const database = new Database(join(dataDir, 'agno.db'));
  database.pragma('journal_mode = WAL');
  database.exec(TABLES);
  const now = Date.now();
  const { id, sessionId, question, pieces } = run;
  database
    .prepare(
      `INSERT INTO runs VALUES (?, 'local', ?, 'test-model', 'assistant', 'running', 1, 0,
        '{"include":["reasoning"],"onDisconnect":"continue"}', ?, '{"kept":"yes"}', ?, 'digest',
        NULL, ?, NULL, NULL)`,
    )
    .run(
      id,
      sessionId,
      JSON.stringify([{ role: 'user', content: question }]),
      run.idempotencyKey,
      now,
    );
  database
    .prepare(`INSERT INTO sessions VALUES (?, 'local', ?, ?)`)
    .run(sessionId, JSON.stringify(question), now);
  database
    .prepare(`INSERT INTO messages VALUES (?, ?, 1, ?, 'user', ?, ?)`)
    .run('01a2056d-8d54-76d9-ab50-0112f79c7682', sessionId, id, JSON.stringify(question), now);
  database
    .prepare(`INSERT INTO run_logs VALUES (1, ?, 'local', 1, ?, 0, 0)`)
    .run(id, pieces.length);
  const insert = database.prepare('INSERT INTO run_events VALUES (1, ?, 1, ?)');
  pieces.forEach((text, index) => {
    const first = index === 0 ? { firstTokenMs: 12 } : {};
    insert.run(index + 1, JSON.stringify({ type: 'text', text, ...first }));
  });
  if (release === 'second') database.exec(JOURNAL);
  database.close();
}
