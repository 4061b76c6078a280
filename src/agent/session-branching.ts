import { Injectable } from '@nestjs/common';
import { InvalidRequestError } from '../http/validation.js';
import type { RunRequest } from '../runs/run.js';
import { SessionNotFoundError } from '../sessions/session-errors.js';
import type { SessionMessage } from '../sessions/session.js';
import { SessionStore, type SessionKey } from '../sessions/session-store.js';
import type { StartRun } from './start-run.js';

/** How many messages are read at once for the last one of the user's. */
const PAGE = 50;

/** Finds the place of a run in its session where that is not the end of it: what is edited, or answered anew. */
@Injectable()
export class SessionBranching {
  constructor(private readonly sessions: SessionStore) {}

  /**
   * The request with its place in the session, and with the message that it answers.
   * @throws SessionNotFoundError, MessageNotFoundError, InvalidRequestError
   */
  async placed(
    { request, editMessageId, regenerate }: StartRun,
    session: SessionKey,
  ): Promise<RunRequest> {
    const known = await this.sessions.get(session);
    if (known === undefined) throw new SessionNotFoundError(session.id);
    if (editMessageId !== undefined) {
      const { role, parentId } = await this.sessions.message(session, editMessageId);
      if (role !== 'user') {
        const detail = 'Only a message of the user can be edited.';
        throw new InvalidRequestError([{ pointer: '#/edit_message_id', detail }]);
      }
      return { ...request, branch: { parentId } };
    }
    if (!regenerate) return request;
    const asked = known.headId === null ? undefined : await this.#lastAsked(session, known.headId);
    if (asked === undefined) {
      const detail = 'The session has no message yet that could be answered.';
      throw new InvalidRequestError([{ pointer: '#/regenerate', detail }]);
    }
    const messages = [{ role: 'user', content: asked.content }] as const;
    return { ...request, messages, branch: { answers: asked.id } };
  }

  async #lastAsked(session: SessionKey, headId: string): Promise<SessionMessage | undefined> {
    for (let from: string | null = headId; from !== null;) {
      const page: readonly SessionMessage[] = await this.sessions.upward(session, from, PAGE);
      const asked = page.find(({ role }) => role === 'user');
      if (asked !== undefined) return asked;
      from = page.at(-1)?.parentId ?? null;
    }
    return undefined;
  }
}
