import { Injectable } from '@nestjs/common';
import { SqlDatabase } from '../../storage/sql/sql-database.js';
import { SessionNotFoundError } from '../session-errors.js';
import { SessionStore, type SessionKey } from '../session-store.js';
import type { Session, SessionMessage } from '../session.js';
import { prepareStatements, type SessionStatements } from './session-statements.js';

/** Keeps the conversations in two tables, of SQLite as of PostgreSQL with several processes on it. */
@Injectable()
export class SqlSessionStore extends SessionStore {
  readonly #statements: SessionStatements;

  constructor({ db }: SqlDatabase) {
    super();
    this.#statements = prepareStatements(db);
  }

  override async create({ id, owner, title, createdAt }: Session): Promise<void> {
    const row = { id, owner, title: JSON.stringify(title), created_at: createdAt };
    await this.#statements.create.run(row);
  }

  override async get({ owner, id }: SessionKey): Promise<Session | undefined> {
    const row = await this.#statements.get.first({ owner, id });
    if (row === undefined) return undefined;
    const title = JSON.parse(row.title) as string;
    return { id: row.id, owner: row.owner, title, createdAt: Number(row.created_at) };
  }

  override async messages({ owner, id }: SessionKey): Promise<readonly SessionMessage[]> {
    const { rows } = await this.#statements.messages.run({ owner, id });
    if (rows.length === 0) await this.#require({ owner, id });
    return rows.map((row) => ({
      id: row.id,
      runId: row.run_id,
      role: row.role as SessionMessage['role'],
      content: JSON.parse(row.content) as string,
      createdAt: Number(row.created_at),
    }));
  }

  override async put(
    { owner, id: sessionId }: SessionKey,
    message: SessionMessage,
  ): Promise<number> {
    const { add, replace } = this.#statements;
    const row = {
      owner,
      session_id: sessionId,
      id: message.id,
      run_id: message.runId,
      role: message.role,
      content: JSON.stringify(message.content),
      created_at: message.createdAt,
    };
    for (;;) {
      const placed = (await add.first(row)) ?? (await replace.first(row));
      if (placed !== undefined) return placed.position;
      await this.#require({ owner, id: sessionId });
      // PostgreSQL: another message has taken the same place at the same time.
    }
  }

  /** @throws SessionNotFoundError */
  async #require(key: SessionKey): Promise<void> {
    if ((await this.get(key)) === undefined) throw new SessionNotFoundError(key.id);
  }
}
