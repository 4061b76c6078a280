import type { SqliteDatabase } from '../../storage/sqlite/sqlite-database.js';
import type { RunKey } from '../run.js';
import type { EventRow } from './event-body.js';

/** The head of a log: one row for each run. */
export interface LogHead {
  id: number;
  owner: string;
  epoch: number;
  last_seq: number;
  /** 1 once the terminal event is there. */
  ended: number;
}

/** A log that is being deleted. */
export interface DroppedLog {
  id: number;
  last_seq: number;
}

/** The statements of the run log, prepared once. */
export function prepareStatements(database: SqliteDatabase) {
  const head = 'id, owner, epoch, last_seq, ended';
  return {
    claim: database.prepare<[runId: string, owner: string], LogHead>(
      `INSERT INTO run_logs (run_id, owner, epoch, last_seq) VALUES (?, ?, 1, 0)
       ON CONFLICT (run_id) DO UPDATE SET epoch = epoch + 1
       WHERE owner = excluded.owner AND dropped = 0
       RETURNING ${head}`,
    ),
    head: database.prepare<[runId: string, owner: string], LogHead>(
      `SELECT ${head} FROM run_logs WHERE run_id = ? AND owner = ? AND dropped = 0`,
    ),
    /** Changes nothing where the epoch is stale, or the events do not follow. */
    advance: database.prepare<
      [lastSeq: number, ended: number, id: number, epoch: number, before: number],
      never
    >(
      `UPDATE run_logs SET last_seq = ?, ended = ?
       WHERE id = ? AND epoch = ? AND last_seq = ? AND ended = 0 AND dropped = 0`,
    ),
    insertEvent: database.prepare<[log: number, seq: number, version: number, body: string], never>(
      'INSERT INTO run_events (log, seq, version, body) VALUES (?, ?, ?, ?)',
    ),
    events: database.prepare<[log: number, after: number], EventRow>(
      'SELECT seq, version, body FROM run_events WHERE log = ? AND seq > ? ORDER BY seq',
    ),
    unended: database.prepare<[], RunKey>(
      'SELECT run_id AS id, owner FROM run_logs WHERE ended = 0 AND dropped = 0 ORDER BY run_logs.id',
    ),
    markDropped: database.prepare<[runId: string, owner: string], never>(
      'UPDATE run_logs SET dropped = 1 WHERE run_id = ? AND owner = ?',
    ),
    nextDropped: database.prepare<[], DroppedLog>(
      'SELECT id, last_seq FROM run_logs WHERE dropped = 1 LIMIT 1',
    ),
    deleteEvents: database.prepare<[log: number, from: number], never>(
      'DELETE FROM run_events WHERE log = ? AND seq > ?',
    ),
    shorten: database.prepare<[lastSeq: number, id: number], never>(
      'UPDATE run_logs SET last_seq = ? WHERE id = ?',
    ),
    deleteHead: database.prepare<[id: number], never>('DELETE FROM run_logs WHERE id = ?'),
  };
}

export type RunLogStatements = ReturnType<typeof prepareStatements>;
