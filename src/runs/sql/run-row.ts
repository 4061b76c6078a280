import type { Selectable } from 'kysely';
import type { RunsTable } from '../../storage/sql/tables.js';
import type { Settlement } from '../run-event.js';
import type { Run, RunRequest, RunState } from '../run.js';

/** All columns, in an order that never changes: the texts of statements stay the same. */
export const RUN_COLUMNS = [
  'id',
  'owner',
  'session_id',
  'model',
  'agent',
  'state',
  'epoch',
  'takeovers',
  'request',
  'request_messages',
  'metadata',
  'idempotency_key',
  'fingerprint',
  'request_id',
  'created_at',
  'finished_at',
  'settlement',
] as const satisfies readonly (keyof RunsTable)[];

/** What the table `runs` keeps of a run. */
export function toRow(run: Run): Selectable<RunsTable> {
  const { messages, ...request } = run.request;
  return {
    id: run.id,
    owner: run.owner,
    session_id: run.sessionId,
    model: run.model,
    agent: run.agent,
    state: run.state,
    epoch: run.epoch,
    takeovers: run.takeovers,
    request: JSON.stringify(request),
    request_messages: JSON.stringify(messages),
    metadata: JSON.stringify(run.metadata),
    idempotency_key: run.idempotency?.key ?? null,
    fingerprint: run.idempotency?.fingerprint ?? null,
    request_id: run.requestId ?? null,
    created_at: run.createdAt,
    finished_at: run.finishedAt,
    settlement: run.settlement === undefined ? null : JSON.stringify(run.settlement),
  };
}

/** A run as the table `runs` has it. PostgreSQL hands out its bigints as texts. */
export function toRun(row: Selectable<RunsTable>): Run {
  const messages = JSON.parse(row.request_messages) as RunRequest['messages'];
  return {
    id: row.id,
    owner: row.owner,
    sessionId: row.session_id,
    model: row.model,
    agent: row.agent,
    state: row.state as RunState,
    epoch: row.epoch,
    takeovers: row.takeovers,
    request: { ...(JSON.parse(row.request) as Omit<RunRequest, 'messages'>), messages },
    metadata: JSON.parse(row.metadata) as Run['metadata'],
    ...(row.idempotency_key !== null &&
      row.fingerprint !== null && {
        idempotency: { key: row.idempotency_key, fingerprint: row.fingerprint },
      }),
    ...(row.request_id !== null && { requestId: row.request_id }),
    createdAt: Number(row.created_at),
    finishedAt: row.finished_at === null ? null : Number(row.finished_at),
    ...(row.settlement !== null && { settlement: JSON.parse(row.settlement) as Settlement }),
  };
}
