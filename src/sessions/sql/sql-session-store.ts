import { Injectable } from '@nestjs/common';
import { sql, type Kysely, type SelectQueryBuilder } from 'kysely';
import { SqlDatabase } from '../../storage/sql/sql-database.js';
import type { Tables } from '../../storage/sql/tables.js';
import { SessionNotFoundError } from '../session-errors.js';
import { SessionStore, type SessionKey } from '../session-store.js';
import type { Session, SessionMessage } from '../session.js';

/** Keeps the conversations in two tables, of SQLite as of PostgreSQL with several processes on it. */
@Injectable()
export class SqlSessionStore extends SessionStore {
  readonly #db: Kysely<Tables>;

  constructor(database: SqlDatabase) {
    super();
    this.#db = database.db;
  }

  override async create({ id, owner, title, createdAt }: Session): Promise<void> {
    await this.#db
      .insertInto('sessions')
      .values({ id, owner, title: JSON.stringify(title), created_at: createdAt })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  override async get(key: SessionKey): Promise<Session | undefined> {
    const row = await this.#owned(key).selectAll().executeTakeFirst();
    if (row === undefined) return undefined;
    const { id, owner } = row;
    const title = JSON.parse(row.title) as string;
    return { id, owner, title, createdAt: Number(row.created_at) };
  }

  override async messages(key: SessionKey): Promise<readonly SessionMessage[]> {
    const rows = await this.#db
      .selectFrom('messages')
      .innerJoin('sessions', 'sessions.id', 'messages.session_id')
      .select(['messages.id', 'messages.run_id', 'messages.role', 'messages.content'])
      .select('messages.created_at')
      .where('messages.session_id', '=', key.id)
      .where('sessions.owner', '=', key.owner)
      .orderBy('messages.position')
      .execute();
    if (rows.length === 0) await this.#require(key);
    return rows.map((row) => ({
      id: row.id,
      runId: row.run_id,
      role: row.role as SessionMessage['role'],
      content: JSON.parse(row.content) as string,
      createdAt: Number(row.created_at),
    }));
  }

  override async put(key: SessionKey, message: SessionMessage): Promise<void> {
    for (;;) {
      if (await this.#add(key, message)) return;
      if (await this.#replace(key, message)) return;
      await this.#require(key);
      // PostgreSQL: another message has taken the same place at the same time.
    }
  }

  /** Adds a message at the end, unless its run has said one in this role. */
  async #add(key: SessionKey, message: SessionMessage): Promise<boolean> {
    const { id, runId, role, content, createdAt } = message;
    const { numAffectedRows } = await sql`
      insert into messages (session_id, position, id, run_id, role, content, created_at)
      select
        id,
        (select coalesce(max(position), 0) + 1 from messages where session_id = ${key.id}),
        ${id}, ${runId}, ${role}, ${JSON.stringify(content)}, ${createdAt}
      from sessions where id = ${key.id} and owner = ${key.owner}
      on conflict do nothing
    `.execute(this.#db);
    return numAffectedRows === 1n;
  }

  async #replace(key: SessionKey, message: SessionMessage): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('messages')
      .set({ content: JSON.stringify(message.content), created_at: message.createdAt })
      .where('run_id', '=', message.runId)
      .where('role', '=', message.role)
      .where('session_id', 'in', this.#owned(key).select('id'))
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  #owned({ owner, id }: SessionKey): SelectQueryBuilder<Tables, 'sessions', object> {
    return this.#db.selectFrom('sessions').where('id', '=', id).where('owner', '=', owner);
  }

  /** @throws SessionNotFoundError */
  async #require(key: SessionKey): Promise<void> {
    if ((await this.get(key)) === undefined) throw new SessionNotFoundError(key.id);
  }
}
