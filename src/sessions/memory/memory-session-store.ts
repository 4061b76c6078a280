import { Injectable } from '@nestjs/common';
import { newId } from '../../http/id.js';
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

interface Conversation {
  session: Session;
  /** By their ids, in the order in which they came. */
  messages: Map<string, SessionMessage>;
}

/** Keeps the conversations in the process. */
@Injectable()
export class MemorySessionStore extends SessionStore {
  readonly #conversations = new Map<string, Conversation>();

  override async create(session: NewSession): Promise<void> {
    if (this.#conversations.has(session.id)) return;
    const { createdAt } = session;
    const kept = { ...session, updatedAt: createdAt, headId: null };
    this.#conversations.set(session.id, { session: kept, messages: new Map() });
  }

  override async get(key: SessionKey): Promise<Session | undefined> {
    const conversation = this.#conversations.get(key.id);
    return conversation?.session.owner === key.owner ? { ...conversation.session } : undefined;
  }

  override async list(
    owner: string,
    { search }: SessionFilter,
    { before, limit }: SessionPage,
  ): Promise<readonly Session[]> {
    const wanted = search?.toLowerCase();
    return [...this.#conversations.values()]
      .map(({ session }) => ({ ...session }))
      .filter(
        (session) =>
          session.owner === owner &&
          (wanted === undefined || session.title.toLowerCase().includes(wanted)) &&
          (before === undefined || session.id < before),
      )
      .sort(newestFirst)
      .slice(0, limit);
  }

  override async rename(key: SessionKey, title: string): Promise<void> {
    this.#conversation(key).session.title = title;
  }

  override async setHead(key: SessionKey, messageId: string): Promise<void> {
    await this.message(key, messageId);
    this.#conversation(key).session.headId = messageId;
  }

  override async delete(key: SessionKey): Promise<boolean> {
    if ((await this.get(key)) === undefined) return false;
    return this.#conversations.delete(key.id);
  }

  override async ask(
    key: SessionKey,
    runId: string,
    message: NewMessage,
    parentId?: string | null,
  ): Promise<SessionMessage> {
    const conversation = this.#conversation(key);
    const { session, messages } = conversation;
    const known = [...messages.values()].find((one) => one.runId === runId && one.role === 'user');
    const asked = known ?? add(conversation, runId, parentOf(conversation, parentId), message);
    move(conversation, asked.id);
    session.title ||= titleOf(message.content);
    return { ...asked };
  }

  override async answer(
    key: SessionKey,
    runId: string,
    parentId: string,
    messages: readonly NewMessage[],
  ): Promise<void> {
    if (messages.length === 0) return;
    const conversation = this.#conversation(key);
    let parent = parentOf(conversation, parentId);
    const known = [...conversation.messages.values()].filter(
      (one) => one.runId === runId && one.role !== 'user',
    );
    for (const { id } of known) conversation.messages.delete(id);
    for (const [index, message] of messages.entries()) {
      const id = known[index]?.id ?? message.id;
      parent = add(conversation, runId, parent, { ...message, id });
      move(conversation, id);
    }
  }

  override async message(key: SessionKey, id: string): Promise<SessionMessage> {
    return { ...parentOf(this.#conversation(key), id)! };
  }

  override async upward(
    key: SessionKey,
    fromId: string,
    limit: number,
  ): Promise<readonly SessionMessage[]> {
    if ((await this.get(key)) === undefined) return [];
    return this.#path(key, fromId).slice(0, limit);
  }

  override async branch(
    key: SessionKey,
    leafId: string,
    { after = 0, limit }: BranchPage,
  ): Promise<readonly SessionMessage[]> {
    await this.message(key, leafId);
    return this.#path(key, leafId)
      .reverse()
      .slice(after, after + limit);
  }

  override async leaves(
    key: SessionKey,
    { before, limit }: SessionPage,
  ): Promise<readonly SessionMessage[]> {
    const messages = [...this.#conversation(key).messages.values()];
    const parents = new Set(messages.map(({ parentId }) => parentId));
    return messages
      .filter(({ id }) => !parents.has(id) && (before === undefined || id < before))
      .sort(newestFirst)
      .slice(0, limit)
      .map((message) => ({ ...message }));
  }

  override async fork(key: SessionKey, messageId: string, session: NewSession): Promise<void> {
    const path = (await this.branch(key, messageId, { limit: Infinity })).map((one) => ({
      ...one,
    }));
    await this.create(session);
    const conversation = this.#conversation(session);
    let parentId: string | null = null;
    for (const message of path) {
      const id = newId();
      conversation.messages.set(id, { ...message, id, parentId });
      conversation.session.headId = parentId = id;
    }
  }

  override async expired(
    updatedBefore: number,
    limit: number,
    skip = 0,
  ): Promise<readonly SessionKey[]> {
    return [...this.#conversations.values()]
      .filter(({ session }) => session.updatedAt < updatedBefore)
      .sort((one, other) => one.session.updatedAt - other.session.updatedAt)
      .slice(skip, skip + limit)
      .map(({ session: { owner, id } }) => ({ owner, id }));
  }

  /** The messages from one to the first. */
  #path(key: SessionKey, fromId: string): SessionMessage[] {
    const { messages } = this.#conversation(key);
    const path: SessionMessage[] = [];
    for (let id: string | null = fromId; id !== null;) {
      const message = messages.get(id);
      if (message === undefined) break;
      path.push({ ...message });
      id = message.parentId;
    }
    return path;
  }

  #conversation(key: SessionKey): Conversation {
    const conversation = this.#conversations.get(key.id);
    if (conversation?.session.owner !== key.owner) throw new SessionNotFoundError(key.id);
    return conversation;
  }
}

function newestFirst(one: { id: string }, other: { id: string }): number {
  return one.id < other.id ? 1 : -1;
}

/** @throws MessageNotFoundError */
function parentOf(
  { session, messages }: Conversation,
  parentId: string | null = session.headId,
): SessionMessage | undefined {
  if (parentId === null) return undefined;
  const parent = messages.get(parentId);
  if (parent === undefined) throw new MessageNotFoundError(parentId);
  return parent;
}

function add(
  { messages }: Conversation,
  runId: string,
  parent: SessionMessage | undefined,
  message: NewMessage,
): SessionMessage {
  const kept: SessionMessage = {
    ...message,
    runId,
    parentId: parent?.id ?? null,
    position: (parent?.position ?? 0) + 1,
    createdAt: Date.now(),
  };
  messages.set(kept.id, kept);
  return kept;
}

function move({ session }: Conversation, headId: string): void {
  session.headId = headId;
  session.updatedAt = Date.now();
}
