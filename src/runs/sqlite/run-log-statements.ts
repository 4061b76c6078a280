import type { SqliteDatabase } from '../../storage/sqlite/sqlite-database.js';
import type { RunKey } from '../run.js';
import type { EventRow, PageRow } from './event-body.js';

/** The head of a log: one row for each run. */
export interface LogHead {
  id: number;
  owner: string;
  epoch: number;
  /** The last event that is in a page. */
  last_seq: number;
  /** 1 once the terminal event is there. */
  ended: number;
}

/** A log that is being deleted. */
export interface DroppedLog {
  id: number;
  last_seq: number;
}

/** An event in the journal. */
export interface JournalRow extends EventRow {
  id: number;
  log: number;
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
    insertEvent: database.prepare<[log: number, seq: number, version: number, body: string], never>(
      'INSERT INTO run_journal (log, seq, version, body) VALUES (?, ?, ?, ?)',
    ),
    insertPage: database.prepare<
      [log: number, firstSeq: number, lastSeq: number, version: number, bodies: string],
      never
    >('INSERT INTO run_pages (log, first_seq, last_seq, version, bodies) VALUES (?, ?, ?, ?, ?)'),
    /** Says of a log how far its pages go. Changes nothing where they do not follow. */
    advance: database.prepare<[lastSeq: number, ended: number, id: number, before: number], never>(
      `UPDATE run_logs SET last_seq = ?, ended = ?
       WHERE id = ? AND last_seq = ? AND ended = 0 AND dropped = 0`,
    ),
    pages: database.prepare<[log: number, after: number], PageRow>(
      `SELECT first_seq, version, bodies FROM run_pages
       WHERE log = ? AND last_seq > ? ORDER BY last_seq`,
    ),
    /** What a process has left in the journal that was in no page yet. */
    unpaged: database.prepare<[], JournalRow>(
      `SELECT entry.id, log, seq, version, body
       FROM run_journal AS entry JOIN run_logs ON run_logs.id = entry.log
       WHERE ended = 0 AND dropped = 0 AND seq > last_seq ORDER BY entry.id`,
    ),
    newestEntry: database.prepare<[], { id: number | null }>(
      'SELECT max(id) AS id FROM run_journal',
    ),
    deleteEntries: database.prepare<[below: number, most: number], never>(
      `DELETE FROM run_journal WHERE id < min(?, (SELECT min(id) FROM run_journal) + ?)`,
    ),
    blankEntry: database.prepare<[id: number], never>(
      "UPDATE run_journal SET body = '' WHERE id = ? AND body <> ''",
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
    deletePages: database.prepare<[log: number, from: number], never>(
      'DELETE FROM run_pages WHERE log = ? AND last_seq > ?',
    ),
    shorten: database.prepare<[lastSeq: number, id: number], never>(
      'UPDATE run_logs SET last_seq = ? WHERE id = ?',
    ),
    deleteHead: database.prepare<[id: number], never>('DELETE FROM run_logs WHERE id = ?'),
  };
}

export type RunLogStatements = ReturnType<typeof prepareStatements>;
