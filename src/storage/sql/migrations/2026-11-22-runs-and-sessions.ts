import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await makeRuns(db);
  await makeSessions(db);
}

async function makeRuns(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('runs')
    .addColumn('id', 'text', (id) => id.notNull())
    .addColumn('owner', 'text', (owner) => owner.notNull())
    .addColumn('session_id', 'text')
    .addColumn('model', 'text', (model) => model.notNull())
    .addColumn('agent', 'text', (agent) => agent.notNull())
    .addColumn('state', 'text', (state) => state.notNull())
    .addColumn('epoch', 'integer', (epoch) => epoch.notNull())
    .addColumn('takeovers', 'integer', (takeovers) => takeovers.notNull())
    .addColumn('request', 'text', (request) => request.notNull())
    .addColumn('request_messages', 'text', (messages) => messages.notNull())
    .addColumn('metadata', 'text', (metadata) => metadata.notNull())
    .addColumn('idempotency_key', 'text')
    .addColumn('fingerprint', 'text')
    .addColumn('request_id', 'text')
    .addColumn('created_at', 'bigint', (createdAt) => createdAt.notNull())
    .addColumn('finished_at', 'bigint')
    .addColumn('settlement', 'text')
    .addPrimaryKeyConstraint('runs_key', ['owner', 'id'])
    .execute();

  // Of requests that come at once under one key, one makes the run.
  await db.schema
    .createIndex('runs_idempotency_key')
    .unique()
    .on('runs')
    .columns(['owner', 'idempotency_key'])
    .where(sql.ref('idempotency_key'), 'is not', null)
    .execute();
  // Of runs that want into one session at once, one is worked on.
  await db.schema
    .createIndex('runs_active_in_session')
    .unique()
    .on('runs')
    .columns(['owner', 'session_id'])
    .where(sql<boolean>`state in ('running', 'waiting')`)
    .execute();
  await db.schema
    .createIndex('runs_unfinished_in_session')
    .on('runs')
    .columns(['owner', 'session_id', 'state', 'id'])
    .where(sql<boolean>`state in ('queued', 'running', 'waiting')`)
    .execute();
  await db.schema
    .createIndex('runs_by_session')
    .on('runs')
    .columns(['owner', 'session_id', 'id'])
    .execute();
  await db.schema
    .createIndex('runs_by_state')
    .on('runs')
    .columns(['owner', 'state', 'id'])
    .execute();
  await db.schema
    .createIndex('runs_finished')
    .on('runs')
    .column('finished_at')
    .where(sql.ref('finished_at'), 'is not', null)
    .execute();
}

async function makeSessions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('sessions')
    .addColumn('id', 'text', (id) => id.notNull().primaryKey())
    .addColumn('owner', 'text', (owner) => owner.notNull())
    .addColumn('title', 'text', (title) => title.notNull())
    .addColumn('created_at', 'bigint', (createdAt) => createdAt.notNull())
    .execute();
  await db.schema
    .createTable('messages')
    .addColumn('id', 'text', (id) => id.notNull())
    .addColumn('session_id', 'text', (session) =>
      session.notNull().references('sessions.id').onDelete('cascade'),
    )
    .addColumn('position', 'integer', (position) => position.notNull())
    .addColumn('run_id', 'text', (run) => run.notNull())
    .addColumn('role', 'text', (role) => role.notNull())
    .addColumn('content', 'text', (content) => content.notNull())
    .addColumn('created_at', 'bigint', (createdAt) => createdAt.notNull())
    .addPrimaryKeyConstraint('messages_key', ['session_id', 'position'])
    .addUniqueConstraint('messages_of_run', ['session_id', 'run_id', 'role'])
    .execute();
}
