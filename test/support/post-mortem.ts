import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { ConfigDir } from './config-dir.js';

const QUERY = `
  SELECT
    runs.state AS state,
    EXISTS (SELECT 1 FROM sessions WHERE sessions.id = runs.session_id) AS hasSession,
    (
      SELECT json_extract(body, '$.type') FROM run_events
      WHERE log = run_logs.id ORDER BY seq DESC LIMIT 1
    ) AS lastEvent,
    (SELECT group_concat(role, ' ' ORDER BY position) FROM messages WHERE run_id = runs.id) AS said
  FROM runs JOIN run_logs ON run_logs.run_id = runs.id
  WHERE runs.idempotency_key = ?`;

interface Row {
  state: string;
  hasSession: 0 | 1;
  lastEvent: string | null;
  said: string | null;
}

/**
 * Where the death of a process found the run that a key names, by what is in the database, such as
 * `running, user, text`: its state, who has said something in its session, its last event.
 */
export function placeOfDeath({ dataDir }: ConfigDir, idempotencyKey: string): string {
  const database = new Database(join(dataDir, 'agno.db'), { readonly: true });
  try {
    const row = database.prepare<[string], Row>(QUERY).get(idempotencyKey);
    if (row === undefined) return 'not admitted';
    const { state, hasSession, said, lastEvent } = row;
    if (hasSession === 0) return `${state}, without a session`;
    return `${state}, ${said ?? 'nothing said'}, ${lastEvent ?? 'no event'}`;
  } finally {
    database.close();
  }
}
