import type { Session, SessionMessage } from './session.js';

/** Names a session within its owner's data. */
export interface SessionKey {
  owner: string;
  id: string;
}

/** Conversations and their messages. */
export abstract class SessionStore {
  /** Makes a session; one that is there already stays as it is. */
  abstract create(session: Session): Promise<void>;

  abstract get(key: SessionKey): Promise<Session | undefined>;

  /** All messages, oldest first. @throws SessionNotFoundError */
  abstract messages(key: SessionKey): Promise<readonly SessionMessage[]>;

  /**
   * Adds a message at the end. A run's message of a role replaces the one it has there, so that a
   * run whose work is taken up again does not speak twice.
   * @returns its place in the session, from 1
   * @throws SessionNotFoundError
   */
  abstract put(key: SessionKey, message: SessionMessage): Promise<number>;
}
