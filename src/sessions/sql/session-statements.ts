import { sql, type Kysely, type RawBuilder } from 'kysely';
import { PreparedQuery, steady, type PlaceOf } from '../../storage/sql/prepared-query.js';
import type { Tables } from '../../storage/sql/tables.js';
import type { SessionKey } from '../session-store.js';
import type { MessageRow, SessionRow } from './session-row.js';

/** Names a message within its session. */
export interface MessageKey extends SessionKey {
  messageId: string;
}

/** A message of a run that is not there yet. */
export type AskedRow = Omit<MessageRow, 'position' | 'parent_id' | 'place'> & {
  owner: string;
  /** Where it goes: behind the head, or behind `parent_id`. */
  behind: 'head' | 'parent';
  parent_id: string | null;
};

/** A new head, and a title for a session that has none. */
export interface HeadRow extends MessageKey {
  at: number;
  title: string;
  searchTitle: string;
}

/** The statements of the session store, prepared once. */
export function prepareStatements(db: Kysely<Tables>) {
  return {
    create: new PreparedQuery<SessionRow>(db, (the) =>
      db
        .insertInto('sessions')
        .values({
          id: the('id'),
          owner: the('owner'),
          title: the('title'),
          search_title: the('search_title'),
          created_at: the('created_at'),
          updated_at: the('updated_at'),
          head_id: the('head_id'),
        })
        .onConflict((conflict) => conflict.doNothing()),
    ),
    get: new PreparedQuery<SessionKey, SessionRow>(db, (the) =>
      db
        .selectFrom('sessions')
        .selectAll()
        .where('id', '=', the('id'))
        .where('owner', '=', the('owner')),
    ),
    message: new PreparedQuery<MessageKey, MessageRow>(
      db,
      (the) => sql<MessageRow>`
        select messages.* from messages join sessions on sessions.id = messages.session_id
        where messages.id = ${steady(the('messageId'))} and ${inSession(the)}
      `,
    ),
    asked: new PreparedQuery<SessionKey & { runId: string }, MessageRow>(
      db,
      (the) => sql<MessageRow>`
        select messages.* from messages join sessions on sessions.id = messages.session_id
        where messages.run_id = ${steady(the('runId'))} and place = 0 and ${inSession(the)}
      `,
    ),
    /** Adds what a run was asked, unless it has been. */
    ask: new PreparedQuery<AskedRow, MessageRow>(
      db,
      (the) => sql<MessageRow>`
        insert into messages
          (id, session_id, parent_id, position, run_id, place, role, content, details, tokens, created_at)
        select
          ${the('id')}, sessions.id, parent.id, coalesce(parent.position, 0) + 1, ${the('run_id')}, 0,
          ${the('role')}, ${the('content')}, ${the('details')}, ${whole(the('tokens'))},
          ${whole(the('created_at'))}
        from sessions left join messages as parent
          on parent.session_id = sessions.id and parent.id =
            case when ${steady(the('behind'))} = 'head' then sessions.head_id
            else ${steady(the('parent_id'))} end
        where sessions.id = ${steady(the('session_id'))} and sessions.owner = ${steady(the('owner'))}
        on conflict do nothing
        returning *
      `,
    ),
    /** Adds the only message that has answered another, unless its run has answered. */
    answer: new PreparedQuery<MessageRow, MessageRow>(db, (the) =>
      db
        .insertInto('messages')
        .values({
          id: the('id'),
          session_id: the('session_id'),
          parent_id: the('parent_id'),
          position: the('position'),
          run_id: the('run_id'),
          place: the('place'),
          role: the('role'),
          content: the('content'),
          details: the('details'),
          tokens: the('tokens'),
          created_at: the('created_at'),
        })
        .onConflict((conflict) => conflict.doNothing()),
    ),
    setHead: new PreparedQuery<HeadRow>(
      db,
      (the) => sql`
        update sessions set
          head_id = ${the('messageId')},
          updated_at = ${whole(the('at'))},
          search_title =
            case when title = '""' then ${steady(the('searchTitle'))} else search_title end,
          title = case when title = '""' then ${steady(the('title'))} else title end
        where id = ${the('id')} and owner = ${the('owner')}
      `,
    ),
    upward: new PreparedQuery<MessageKey & { limit: number }, MessageRow>(
      db,
      (the) => sql<MessageRow>`
        with recursive path (id, parent_id, step) as (
          select messages.id, messages.parent_id, 1
          from messages join sessions on sessions.id = messages.session_id
          where messages.id = ${steady(the('messageId'))} and ${inSession(the)}
          union all
          select messages.id, messages.parent_id, path.step + 1
          from path join messages on messages.id = path.parent_id
          where path.step < ${whole(the('limit'))}
        )
        select messages.* from path join messages on messages.id = path.id order by path.step
      `,
    ),
    branch: new PreparedQuery<MessageKey & { after: number; limit: number }, MessageRow>(
      db,
      (the) => sql<MessageRow>`
        with recursive path (id, parent_id, position) as (
          select messages.id, messages.parent_id, messages.position
          from messages join sessions on sessions.id = messages.session_id
          where messages.id = ${steady(the('messageId'))} and ${inSession(the)}
            and messages.position > ${whole(the('after'))}
          union all
          select messages.id, messages.parent_id, messages.position
          from path join messages on messages.id = path.parent_id
          where messages.position > ${whole(the('after'))}
        )
        select messages.* from path join messages on messages.id = path.id
        order by path.position limit ${whole(the('limit'))}
      `,
    ),
  };
}

export type SessionStatements = ReturnType<typeof prepareStatements>;

function inSession(the: PlaceOf<SessionKey>): RawBuilder<boolean> {
  return sql`sessions.id = ${steady(the('id'))} and sessions.owner = ${steady(the('owner'))}`;
}

/** A number whose type PostgreSQL cannot tell by its place. */
function whole(number: number): RawBuilder<number> {
  return sql`cast(${number} as bigint)`;
}
