import { Injectable } from '@nestjs/common';
import { sql, type Kysely } from 'kysely';
import { newId } from '../../http/id.js';
import { SqlDatabase } from '../../storage/sql/sql-database.js';
import type { Tables } from '../../storage/sql/tables.js';
import { MessageNotFoundError, SessionNotFoundError } from '../session-errors.js';
import {
  SessionStore,
  type BranchPage,
  type SessionFilter,
  type SessionKey,
  type SessionPage,
} from '../session-store.js';
import {
  titleOf,
  type NewMessage,
  type NewSession,
  type Session,
  type SessionMessage,
} from '../session.js';
import {
  searchText,
  toMessage,
  toMessageColumns,
  toSession,
  toSessionRow,
  toTitleColumns,
  type MessageRow,
} from './session-row.js';
import { prepareStatements, type SessionStatements } from './session-statements.js';

/** How many messages are copied or deleted by one statement. */
const BATCH = 200;

/**
 * Keeps the conversations in two tables, of SQLite as of PostgreSQL with several processes on it. A run
 * that adds messages is the only one of its session: what two of them would do to each other is not
 * asked for.
 */
@Injectable()
export class SqlSessionStore extends SessionStore {
  readonly #db: Kysely<Tables>;
  readonly #statements: SessionStatements;

  constructor({ db }: SqlDatabase) {
    super();
    this.#db = db;
    this.#statements = prepareStatements(db);
  }

  override async create(session: NewSession): Promise<void> {
    await this.#statements.create.run(toSessionRow(session));
  }

  override async get({ owner, id }: SessionKey): Promise<Session | undefined> {
    const row = await this.#statements.get.first({ owner, id });
    return row && toSession(row);
  }

  override async list(
    owner: string,
    { search }: SessionFilter,
    { before, limit }: SessionPage,
  ): Promise<readonly Session[]> {
    let sessions = this.#db.selectFrom('sessions').selectAll().where('owner', '=', owner);
    if (search !== undefined) {
      const pattern = `%${searchText(search).replace(/[\\%_]/g, '\\$&')}%`;
      sessions = sessions.where(sql<boolean>`search_title like ${pattern} escape '\\'`);
    }
    if (before !== undefined) sessions = sessions.where('id', '<', before);
    return (await sessions.orderBy('id', 'desc').limit(limit).execute()).map(toSession);
  }

  override async rename({ owner, id }: SessionKey, title: string): Promise<void> {
    const { numUpdatedRows } = await this.#db
      .updateTable('sessions')
      .set(toTitleColumns(title))
      .where('id', '=', id)
      .where('owner', '=', owner)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new SessionNotFoundError(id);
  }

  override async setHead(key: SessionKey, messageId: string): Promise<void> {
    await this.message(key, messageId);
    const { owner, id } = key;
    await this.#db
      .updateTable('sessions')
      .set({ head_id: messageId })
      .where('id', '=', id)
      .where('owner', '=', owner)
      .execute();
  }

  /** From its ends: what is left when it is cut short is still a conversation. */
  override async delete({ owner, id }: SessionKey): Promise<boolean> {
    if ((await this.get({ owner, id })) === undefined) return false;
    const last = this.#db
      .selectFrom('messages')
      .select('id')
      .where('session_id', '=', id)
      .orderBy('position', 'desc')
      .limit(BATCH);
    for (;;) {
      const deletion = this.#db.deleteFrom('messages').where('id', 'in', last);
      const { numDeletedRows } = await deletion.executeTakeFirst();
      if (numDeletedRows < BigInt(BATCH)) break;
    }
    const { numDeletedRows } = await this.#db
      .deleteFrom('sessions')
      .where('id', '=', id)
      .where('owner', '=', owner)
      .executeTakeFirst();
    return numDeletedRows === 1n;
  }

  override async ask(
    key: SessionKey,
    runId: string,
    message: NewMessage,
    parentId?: string | null,
  ): Promise<SessionMessage> {
    const { owner, id } = key;
    if (typeof parentId === 'string') await this.message(key, parentId);
    const row =
      (await this.#statements.ask.first({
        ...toMessageColumns(message),
        owner,
        session_id: id,
        run_id: runId,
        behind: parentId === undefined ? 'head' : 'parent',
        parent_id: parentId ?? null,
        created_at: Date.now(),
      })) ?? (await this.#statements.asked.first({ owner, id, runId }));
    if (row === undefined) throw new SessionNotFoundError(id);
    const asked = toMessage(row);
    await this.#moveHead(key, asked.id, titleOf(message.content));
    return asked;
  }

  override async answer(
    key: SessionKey,
    runId: string,
    parentId: string,
    messages: readonly NewMessage[],
  ): Promise<void> {
    const last = messages.at(-1);
    if (last === undefined) return;
    const { position } = await this.message(key, parentId);
    const rows = messages.map((message, index): MessageRow => ({
      ...toMessageColumns(message),
      session_id: key.id,
      parent_id: index === 0 ? parentId : messages[index - 1]!.id,
      position: position + 1 + index,
      run_id: runId,
      place: index + 1,
      created_at: Date.now(),
    }));
    const [first] = rows;
    if (rows.length === 1) {
      const { numAffectedRows } = await this.#statements.answer.run(first!);
      if (numAffectedRows === 1n) return this.#moveHead(key, last.id, '');
    }
    await this.#moveHead(key, await this.#replace(rows), '');
  }

  override async message({ owner, id }: SessionKey, messageId: string): Promise<SessionMessage> {
    const row = await this.#statements.message.first({ owner, id, messageId });
    if (row !== undefined) return toMessage(row);
    await this.#require({ owner, id });
    throw new MessageNotFoundError(messageId);
  }

  override async upward(
    { owner, id }: SessionKey,
    fromId: string,
    limit: number,
  ): Promise<readonly SessionMessage[]> {
    const { rows } = await this.#statements.upward.run({ owner, id, messageId: fromId, limit });
    return rows.map(toMessage);
  }

  override async branch(
    { owner, id }: SessionKey,
    leafId: string,
    { after = 0, limit }: BranchPage,
  ): Promise<readonly SessionMessage[]> {
    const place = { owner, id, messageId: leafId, after, limit };
    const { rows } = await this.#statements.branch.run(place);
    if (rows.length === 0) await this.message({ owner, id }, leafId);
    return rows.map(toMessage);
  }

  override async leaves(
    { owner, id }: SessionKey,
    { before, limit }: SessionPage,
  ): Promise<readonly SessionMessage[]> {
    await this.#require({ owner, id });
    let leaves = this.#db
      .selectFrom('messages')
      .selectAll('messages')
      .where('session_id', '=', id)
      .where((message) =>
        message.not(
          message.exists(
            message
              .selectFrom('messages as child')
              .select('child.id')
              .whereRef('child.parent_id', '=', 'messages.id'),
          ),
        ),
      );
    if (before !== undefined) leaves = leaves.where('id', '<', before);
    return (await leaves.orderBy('id', 'desc').limit(limit).execute()).map(toMessage);
  }

  override async fork(key: SessionKey, messageId: string, session: NewSession): Promise<void> {
    const { position } = await this.message(key, messageId);
    const copies = new Map<string, string>();
    await this.#db.transaction().execute(async (trx) => {
      await trx.insertInto('sessions').values(toSessionRow(session)).execute();
      const { branch } = prepareStatements(trx);
      let headId: string | null = null;
      for (let after = 0; after < position; after += BATCH) {
        const { rows } = await branch.run({ ...key, messageId, after, limit: BATCH });
        const copied = rows.map((row) => {
          const id = newId();
          copies.set(row.id, id);
          headId = id;
          return {
            ...row,
            id,
            session_id: session.id,
            parent_id: row.parent_id === null ? null : copies.get(row.parent_id)!,
          };
        });
        await trx.insertInto('messages').values(copied).execute();
      }
      await trx
        .updateTable('sessions')
        .set({ head_id: headId })
        .where('id', '=', session.id)
        .execute();
    });
  }

  override async expired(
    updatedBefore: number,
    limit: number,
    skip = 0,
  ): Promise<readonly SessionKey[]> {
    return this.#db
      .selectFrom('sessions')
      .select(['owner', 'id'])
      .where('updated_at', '<', updatedBefore)
      .orderBy('updated_at')
      .orderBy('id')
      .limit(limit)
      .offset(skip)
      .execute();
  }

  /** Puts the answers of a run in the place of those that it has there. @returns the last one's id */
  async #replace(rows: readonly MessageRow[]): Promise<string> {
    const { session_id: sessionId, run_id: runId } = rows[0]!;
    return this.#db.transaction().execute(async (trx) => {
      const known = await trx
        .selectFrom('messages')
        .select(['place', 'id'])
        .where('session_id', '=', sessionId)
        .where('run_id', '=', runId)
        .where('place', '>', 0)
        .execute();
      // Readers may know them by their ids.
      const ids = new Map(known.map(({ place, id }) => [place, id]));
      const idOf = (row: MessageRow): string => ids.get(row.place) ?? row.id;
      if (known.length > 0) {
        await trx
          .deleteFrom('messages')
          .where('session_id', '=', sessionId)
          .where('run_id', '=', runId)
          .where('place', '>', 0)
          .execute();
      }
      const said = rows.map((row, index) => ({
        ...row,
        id: idOf(row),
        parent_id: index === 0 ? row.parent_id : idOf(rows[index - 1]!),
      }));
      for (let at = 0; at < said.length; at += BATCH) {
        await trx
          .insertInto('messages')
          .values(said.slice(at, at + BATCH))
          .execute();
      }
      return said.at(-1)!.id;
    });
  }

  async #moveHead({ owner, id }: SessionKey, messageId: string, named: string): Promise<void> {
    const { title, search_title: searchTitle } = toTitleColumns(named);
    await this.#statements.setHead.run({
      owner,
      id,
      messageId,
      at: Date.now(),
      title,
      searchTitle,
    });
  }

  /** @throws SessionNotFoundError */
  async #require(key: SessionKey): Promise<void> {
    if ((await this.get(key)) === undefined) throw new SessionNotFoundError(key.id);
  }
}
