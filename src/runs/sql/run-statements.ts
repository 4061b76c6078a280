import {
  sql,
  type Compilable,
  type Kysely,
  type RawBuilder,
  type Selectable,
  type SelectQueryBuilder,
  type UpdateResult,
} from 'kysely';
import { PreparedQuery, steady, type PlaceOf } from '../../storage/sql/prepared-query.js';
import type { RunsTable, Tables } from '../../storage/sql/tables.js';
import type { Owner, Run } from '../run.js';
import { RUN_COLUMNS } from './run-row.js';

// Written out, not as parameters: a partial index serves a query that repeats its condition.
const QUEUED = sql<boolean>`state = 'queued'`;
export const ACTIVE = sql<boolean>`state in ('running', 'waiting')`;
export const UNFINISHED = sql<boolean>`state in ('queued', 'running', 'waiting')`;

/** The runs of a session. */
export type SessionRuns = Pick<Run, 'owner' | 'sessionId'>;

/** As `SessionRuns`, by values or by what stands for them in a query. */
interface OfSession {
  owner: Owner | RawBuilder<Owner>;
  sessionId: string | null | RawBuilder<string | null>;
}

/** How a run ended, as its row has it. */
export interface SettledRow {
  owner: Owner;
  id: string;
  epoch: number;
  state: string;
  settlement: string;
  finishedAt: number;
}

type Row = Selectable<RunsTable>;

type Selection<Columns> = SelectQueryBuilder<Tables, 'runs', Columns>;

/** The statements that each run needs, prepared once. */
export function prepareStatements(db: Kysely<Tables>) {
  return {
    /** Keeps a run as running, unless its key is taken or its session has an unfinished run. */
    admitRunning: new PreparedQuery<Row>(db, (the) => {
      const columns = sql.join(RUN_COLUMNS.map((column) => sql.ref(column)));
      const values = sql.join(RUN_COLUMNS.map((column) => the(column)));
      const session = { owner: the('owner'), sessionId: the('session_id') };
      // Where the session has an active run, the unique index refuses this one.
      return sql`
        insert into runs (${columns})
        select ${values} where not exists ${queuedIn(db, session).select('id')}
        on conflict do nothing
      `;
    }),
    get: new PreparedQuery<{ owner: Owner; id: string }, Row>(db, (the) =>
      owned(db, the('owner')).where('id', '=', the('id')),
    ),
    findByIdempotencyKey: new PreparedQuery<{ owner: Owner; key: string }, Row>(db, (the) =>
      owned(db, the('owner')).where('idempotency_key', '=', the('key')),
    ),
    settle: new PreparedQuery<SettledRow>(db, (the) => settle(db, the, {})),
    settleAndReleaseKey: new PreparedQuery<SettledRow>(db, (the) =>
      settle(db, the, { idempotency_key: null, fingerprint: null }),
    ),
    firstQueued: new PreparedQuery<SessionRuns, Pick<Row, 'id'>>(db, (the) =>
      firstQueuedIn(db, { owner: steady(the('owner')), sessionId: steady(the('sessionId')) }),
    ),
    promoteQueued: new PreparedQuery<SessionRuns, Row>(db, (the) => {
      const session = { owner: steady(the('owner')), sessionId: steady(the('sessionId')) };
      return (
        db
          .updateTable('runs')
          .set({ state: 'running' })
          .where('owner', '=', session.owner)
          .where('id', '=', firstQueuedIn(db, session))
          // Again, for the row as it is once it is locked: of two that promote it, one does.
          .where(QUEUED)
          .where((run) => run.not(run.exists(inSession(db, session).select('id').where(ACTIVE))))
          .returningAll()
      );
    }),
  };
}

export type RunStatements = ReturnType<typeof prepareStatements>;

export function owned(db: Kysely<Tables>, owner: Owner): Selection<Row> {
  return db.selectFrom('runs').selectAll().where('owner', '=', owner);
}

/** The run that a session's next one has to wait for: the active one, else the first in the queue. */
export function firstUnfinishedIn(db: Kysely<Tables>, session: OfSession): Selection<object> {
  const activeFirst = sql`case state when 'queued' then 1 else 0 end`;
  return inSession(db, session).where(UNFINISHED).orderBy(activeFirst).orderBy('id').limit(1);
}

function queuedIn(db: Kysely<Tables>, session: OfSession): Selection<object> {
  return inSession(db, session).where(UNFINISHED).where(QUEUED);
}

function firstQueuedIn(db: Kysely<Tables>, session: OfSession): Selection<Pick<Row, 'id'>> {
  return queuedIn(db, session).select('id').orderBy('id').limit(sql.lit(1));
}

function inSession(db: Kysely<Tables>, { owner, sessionId }: OfSession): Selection<object> {
  return db.selectFrom('runs').where('owner', '=', owner).where('session_id', '=', sessionId);
}

function settle(
  db: Kysely<Tables>,
  the: PlaceOf<SettledRow>,
  key: { idempotency_key?: null; fingerprint?: null },
): Compilable<UpdateResult> {
  return db
    .updateTable('runs')
    .set({
      state: the('state'),
      settlement: the('settlement'),
      finished_at: the('finishedAt'),
      // What was asked may be a megabyte, and nobody asks for it once the work is over.
      request_messages: '[]',
      ...key,
    })
    .where('owner', '=', the('owner'))
    .where('id', '=', the('id'))
    .where('epoch', '<=', the('epoch'))
    .where(UNFINISHED);
}
