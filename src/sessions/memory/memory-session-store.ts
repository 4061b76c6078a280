import { Injectable } from '@nestjs/common';
import { SessionNotFoundError } from '../session-errors.js';
import { SessionStore, type SessionKey } from '../session-store.js';
import type { Session, SessionMessage } from '../session.js';

interface Conversation {
  session: Session;
  messages: SessionMessage[];
}

/** Keeps the conversations in the process. */
@Injectable()
export class MemorySessionStore extends SessionStore {
  readonly #conversations = new Map<string, Conversation>();

  override async create(session: Session): Promise<void> {
    if (this.#conversations.has(session.id)) return;
    this.#conversations.set(session.id, { session: { ...session }, messages: [] });
  }

  override async get(key: SessionKey): Promise<Session | undefined> {
    const conversation = this.#conversations.get(key.id);
    return conversation?.session.owner === key.owner ? { ...conversation.session } : undefined;
  }

  override async messages(key: SessionKey): Promise<readonly SessionMessage[]> {
    return [...this.#conversation(key).messages];
  }

  override async put(key: SessionKey, message: SessionMessage): Promise<number> {
    const { messages } = this.#conversation(key);
    const said = messages.findIndex(
      ({ runId, role }) => runId === message.runId && role === message.role,
    );
    if (said === -1) return messages.push({ ...message });
    messages[said] = { ...message, id: messages[said]!.id };
    return said + 1;
  }

  #conversation(key: SessionKey): Conversation {
    const conversation = this.#conversations.get(key.id);
    if (conversation?.session.owner !== key.owner) throw new SessionNotFoundError(key.id);
    return conversation;
  }
}
