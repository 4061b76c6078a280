import { sql, type Kysely } from 'kysely';

/** What a character costs, roughly, where nobody has counted tokens: JSON's quotes aside, a third. */
const TOKENS = sql<number>`(length(content) + 2) / 3`;

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('messages').renameTo('messages_in_line').execute();
  await makeMessages(db);
  await sql`
    insert into messages
      (id, session_id, parent_id, position, run_id, place, role, content, details, tokens, created_at)
    select
      id, session_id, lag(id) over (partition by session_id order by position),
      row_number() over (partition by session_id order by position),
      run_id, case when role = 'user' then 0 else 1 end, role, content, '{}', ${TOKENS}, created_at
    from messages_in_line
  `.execute(db);
  await addToSessions(db);
  await db.schema.dropTable('messages_in_line').execute();
}

async function makeMessages(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('messages')
    .addColumn('id', 'text', (id) => id.notNull().primaryKey())
    .addColumn('session_id', 'text', (session) =>
      session.notNull().references('sessions.id').onDelete('cascade'),
    )
    .addColumn('parent_id', 'text')
    .addColumn('position', 'integer', (position) => position.notNull())
    .addColumn('run_id', 'text', (run) => run.notNull())
    .addColumn('place', 'integer', (place) => place.notNull())
    .addColumn('role', 'text', (role) => role.notNull())
    .addColumn('content', 'text', (content) => content.notNull())
    .addColumn('details', 'text', (details) => details.notNull())
    .addColumn('tokens', 'integer', (tokens) => tokens.notNull())
    .addColumn('created_at', 'bigint', (createdAt) => createdAt.notNull())
    // A run whose work is taken up again says nothing twice.
    .addUniqueConstraint('messages_of_one_run', ['session_id', 'run_id', 'place'])
    .execute();
  // What follows a message: the ends of branches have nothing.
  await db.schema.createIndex('messages_by_parent').on('messages').column('parent_id').execute();
}

async function addToSessions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('sessions')
    .addColumn('search_title', 'text', (title) => title.notNull().defaultTo(''))
    .execute();
  await db.schema
    .alterTable('sessions')
    .addColumn('updated_at', 'bigint', (updatedAt) => updatedAt.notNull().defaultTo(0))
    .execute();
  await db.schema.alterTable('sessions').addColumn('head_id', 'text').execute();
  // As JSON has it: near enough for titles of before, whose signs are rarely escaped.
  await sql`
    update sessions set
      search_title = lower(title),
      updated_at = coalesce(
        (select max(created_at) from messages where session_id = sessions.id),
        created_at
      ),
      head_id = (
        select id from messages where session_id = sessions.id order by position desc limit 1
      )
  `.execute(db);
  await db.schema
    .createIndex('sessions_of_owner')
    .on('sessions')
    .columns(['owner', 'id'])
    .execute();
  await db.schema.createIndex('sessions_updated').on('sessions').column('updated_at').execute();
}
