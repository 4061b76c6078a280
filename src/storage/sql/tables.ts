import type { Generated } from 'kysely';

/** The tables that are reached through Kysely: the same on SQLite and PostgreSQL. */
export interface Tables {
  runs: RunsTable;
  sessions: SessionsTable;
  messages: MessagesTable;
}

/**
 * A JSON text, encoded and decoded by the stores. Also what users wrote is kept so: a database's own
 * text takes neither lone surrogates nor, in PostgreSQL, the character U+0000.
 */
export type JsonText = string;

/** Milliseconds since the epoch. */
export type Milliseconds = number;

export interface RunsTable {
  id: string;
  owner: string;
  session_id: string | null;
  model: string;
  agent: string;
  state: string;
  epoch: number;
  takeovers: number;
  /** Without its messages. */
  request: JsonText;
  /** Empty once the run has ended. */
  request_messages: JsonText;
  metadata: JsonText;
  /** Unique with its owner; null where there is none (any more). */
  idempotency_key: string | null;
  fingerprint: string | null;
  request_id: string | null;
  created_at: Milliseconds;
  finished_at: Milliseconds | null;
  settlement: JsonText | null;
}

export interface SessionsTable {
  id: string;
  owner: string;
  title: JsonText;
  /** The title as it is looked for: in lower case, and with nothing that no database takes. */
  search_title: Generated<string>;
  created_at: Milliseconds;
  updated_at: Generated<Milliseconds>;
  head_id: string | null;
}

export interface MessagesTable {
  id: string;
  session_id: string;
  parent_id: string | null;
  /** Its place in its branch, from 1. */
  position: number;
  run_id: string;
  /** Its place among the messages of its run: 0 is what was asked. */
  place: number;
  role: string;
  content: JsonText;
  /** What only some messages have. */
  details: JsonText;
  tokens: number;
  created_at: Milliseconds;
}
