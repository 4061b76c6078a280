import { Injectable } from '@nestjs/common';
import { newId } from '../http/id.js';
import { InvalidRequestError } from '../http/validation.js';
import { SessionBusyError } from '../runs/run-errors.js';
import { RunStore } from '../runs/run-store.js';
import { LOCAL_OWNER } from '../runs/run.js';
import { SessionDeletion } from './session-deletion.js';
import { SessionNotFoundError } from './session-errors.js';
import type { NewSession, Session, SessionMessage } from './session.js';
import {
  SessionStore,
  type SessionFilter,
  type SessionKey,
  type SessionPage,
} from './session-store.js';

/** Some of what was asked for, and where the rest begins. */
export interface Listed<T> {
  entries: readonly T[];
  /** The id that the next page comes after; undefined where there is no next page. */
  lastId: string | undefined;
}

/** What can be done with sessions beside talking in them. */
@Injectable()
export class SessionService {
  constructor(
    private readonly deletion: SessionDeletion,
    private readonly runs: RunStore,
    private readonly sessions: SessionStore,
  ) {}

  /** @throws SessionNotFoundError */
  async get(id: string): Promise<Session> {
    const session = await this.sessions.get(keyOf(id));
    if (session === undefined) throw new SessionNotFoundError(id);
    return session;
  }

  async list(filter: SessionFilter, { before, limit }: SessionPage): Promise<Listed<Session>> {
    // One more than may be shown tells whether there is a next page.
    const page = { before, limit: limit + 1 };
    return listed(await this.sessions.list(LOCAL_OWNER, filter, page), limit);
  }

  async create(title = ''): Promise<Session> {
    const session = newSession(title);
    await this.sessions.create(session);
    return this.get(session.id);
  }

  /**
   * Renames a session, or makes another branch the current one.
   * @throws SessionNotFoundError, MessageNotFoundError, SessionBusyError
   */
  async change(
    id: string,
    { title, headId }: { title?: string | undefined; headId?: string | undefined },
  ): Promise<Session> {
    await this.get(id);
    if (headId !== undefined) {
      await this.#requireIdle(id);
      await this.sessions.setHead(keyOf(id), headId);
    }
    if (title !== undefined) await this.sessions.rename(keyOf(id), title);
    return this.get(id);
  }

  /** @throws SessionNotFoundError, SessionBusyError */
  async delete(id: string): Promise<void> {
    if (!(await this.deletion.delete(keyOf(id)))) throw new SessionNotFoundError(id);
  }

  /**
   * A page of a branch, oldest first.
   * @param branch its last message. @default the head
   * @param after the last message of the page before
   * @throws SessionNotFoundError, MessageNotFoundError
   * @throws InvalidRequestError where the page before was one of another branch
   */
  async messages(
    id: string,
    branch: string | undefined,
    { before: after, limit }: SessionPage,
  ): Promise<Listed<SessionMessage>> {
    const { headId } = await this.get(id);
    const leafId = branch ?? headId;
    if (leafId === null) return { entries: [], lastId: undefined };
    const key = keyOf(id);
    const position = after === undefined ? 0 : (await this.sessions.message(key, after)).position;
    const page = { after: position, limit: limit + 1 };
    const messages = await this.sessions.branch(key, leafId, page);
    const [first] = messages;
    if (after !== undefined && first !== undefined && first.parentId !== after) {
      const detail = 'The conversation has gone another way meanwhile: begin at its first page.';
      throw new InvalidRequestError([{ pointer: '#/cursor', detail }]);
    }
    return listed(messages, limit);
  }

  /** @throws SessionNotFoundError */
  async branches(id: string, { before, limit }: SessionPage): Promise<Listed<SessionMessage>> {
    return listed(await this.sessions.leaves(keyOf(id), { before, limit: limit + 1 }), limit);
  }

  /**
   * Makes a session that begins as another one does.
   * @param messageId the last message that is copied. @default the head
   * @param title @default that of the other session
   * @throws SessionNotFoundError, MessageNotFoundError
   */
  async fork(
    id: string,
    messageId: string | undefined,
    title: string | undefined,
  ): Promise<Session> {
    const original = await this.get(id);
    const last = messageId ?? original.headId;
    if (last === null) return this.create(title ?? original.title);
    const session = newSession(title ?? original.title);
    await this.sessions.fork(keyOf(id), last, session);
    return this.get(session.id);
  }

  /** @throws SessionBusyError */
  async #requireIdle(sessionId: string): Promise<void> {
    for (const state of ['running', 'waiting', 'queued'] as const) {
      const [run] = await this.runs.list(LOCAL_OWNER, { sessionId, state }, { limit: 1 });
      if (run !== undefined) throw new SessionBusyError(sessionId, run.id);
    }
  }
}

function keyOf(id: string): SessionKey {
  return { owner: LOCAL_OWNER, id };
}

function newSession(title: string): NewSession {
  return { id: newId(), owner: LOCAL_OWNER, title, createdAt: Date.now() };
}

function listed<T extends { id: string }>(found: readonly T[], limit: number): Listed<T> {
  const entries = found.slice(0, limit);
  return { entries, lastId: found.length > limit ? entries.at(-1)!.id : undefined };
}
