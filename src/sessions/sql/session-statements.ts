import { sql, type Kysely, type Selectable, type SelectQueryBuilder } from 'kysely';
import { PreparedQuery, steady } from '../../storage/sql/prepared-query.js';
import type { MessagesTable, SessionsTable, Tables } from '../../storage/sql/tables.js';
import type { SessionKey } from '../session-store.js';

/** A message as its row has it, and the owner of its session. */
type OwnedMessage = Omit<Selectable<MessagesTable>, 'position'> & { owner: string };

/** A message as it is read. */
type Said = Omit<Selectable<MessagesTable>, 'session_id' | 'position'>;

/** Where a message stands in its session. */
type Placed = Pick<Selectable<MessagesTable>, 'position'>;

/** The statements of the session store, prepared once. */
export function prepareStatements(db: Kysely<Tables>) {
  const owned = ({ owner, id }: SessionKey): SelectQueryBuilder<Tables, 'sessions', object> =>
    db.selectFrom('sessions').where('id', '=', id).where('owner', '=', owner);
  return {
    create: new PreparedQuery<Selectable<SessionsTable>>(db, (the) =>
      db
        .insertInto('sessions')
        .values({
          id: the('id'),
          owner: the('owner'),
          title: the('title'),
          created_at: the('created_at'),
        })
        .onConflict((conflict) => conflict.doNothing()),
    ),
    get: new PreparedQuery<SessionKey, Selectable<SessionsTable>>(db, (the) =>
      owned({ owner: the('owner'), id: the('id') }).selectAll(),
    ),
    messages: new PreparedQuery<SessionKey, Said>(db, (the) =>
      db
        .selectFrom('messages')
        .innerJoin('sessions', 'sessions.id', 'messages.session_id')
        .select(['messages.id', 'messages.run_id', 'messages.role'])
        .select(['messages.content', 'messages.created_at'])
        .where('messages.session_id', '=', steady(the('id')))
        .where('sessions.owner', '=', steady(the('owner')))
        .orderBy('messages.position'),
    ),
    /** Adds a message at the end, unless its run has said one in this role. */
    add: new PreparedQuery<OwnedMessage, Placed>(
      db,
      (the) => sql<Placed>`
        insert into messages (session_id, position, id, run_id, role, content, created_at)
        select
          id,
          (
            select coalesce(max(position), 0) + 1 from messages
            where session_id = ${steady(the('session_id'))}
          ),
          ${the('id')}, ${the('run_id')}, ${the('role')}, ${the('content')}, ${the('created_at')}
        from sessions where id = ${the('session_id')} and owner = ${the('owner')}
        on conflict do nothing
        returning position
      `,
    ),
    replace: new PreparedQuery<Omit<OwnedMessage, 'id'>, Placed>(db, (the) =>
      db
        .updateTable('messages')
        .set({ content: the('content'), created_at: the('created_at') })
        .where('run_id', '=', the('run_id'))
        .where('role', '=', the('role'))
        .where(
          'session_id',
          'in',
          owned({ owner: the('owner'), id: the('session_id') }).select('id'),
        )
        .returning('position'),
    ),
  };
}

export type SessionStatements = ReturnType<typeof prepareStatements>;
