import type { NewMessage, NewSession, Session, SessionMessage } from './session.js';

/** Names a session within its owner's data. */
export interface SessionKey {
  owner: string;
  id: string;
}

/** Which sessions to list. */
export interface SessionFilter {
  /** Those whose title has this text, whatever the case. */
  search?: string | undefined;
}

/** Which part of a list, newest first. */
export interface SessionPage {
  /** The id before the page; its first entry is the next older one. */
  before?: string | undefined;
  limit: number;
}

/** Which part of a branch, oldest first. */
export interface BranchPage {
  /** The position before the page. @default 0: from the beginning */
  after?: number | undefined;
  limit: number;
}

/**
 * Conversations and their messages. The messages of a session are a tree: each has the one that it
 * follows, a branch is the way from the first message to one that has no child, and the session's head
 * is the end of its current branch. The contract suite is `session-store.contract.ts`.
 */
export abstract class SessionStore {
  /** Makes a session; one that is there already stays as it is. */
  abstract create(session: NewSession): Promise<void>;

  abstract get(key: SessionKey): Promise<Session | undefined>;

  /** An owner's sessions, newest first: by id, as ids sort by time. */
  abstract list(
    owner: string,
    filter: SessionFilter,
    page: SessionPage,
  ): Promise<readonly Session[]>;

  /** @throws SessionNotFoundError */
  abstract rename(key: SessionKey, title: string): Promise<void>;

  /** Makes a message the end of the current branch. @throws SessionNotFoundError, MessageNotFoundError */
  abstract setHead(key: SessionKey, messageId: string): Promise<void>;

  /** Forgets a session with its messages. @returns whether there was one */
  abstract delete(key: SessionKey): Promise<boolean>;

  /**
   * Adds what a run was asked, and makes it the head; it names a session that has no title. Again for the
   * same run, whose work is taken up again, it changes nothing else.
   * @param parentId the message that it follows; null: it begins the conversation anew; undefined: the
   * head
   * @returns the message as it is kept
   * @throws SessionNotFoundError, MessageNotFoundError
   */
  abstract ask(
    key: SessionKey,
    runId: string,
    message: NewMessage,
    parentId?: string | null,
  ): Promise<SessionMessage>;

  /**
   * Adds what answered a message, each the child of the one before; the last becomes the head. Again for
   * the same run it replaces what the run has there, so that a run whose work is taken up again does not
   * speak twice. All or nothing.
   * @throws SessionNotFoundError, MessageNotFoundError
   */
  abstract answer(
    key: SessionKey,
    runId: string,
    parentId: string,
    messages: readonly NewMessage[],
  ): Promise<void>;

  /** @throws SessionNotFoundError, MessageNotFoundError */
  abstract message(key: SessionKey, id: string): Promise<SessionMessage>;

  /**
   * The messages from one towards the beginning, the nearest first. The cost grows with the limit, not
   * with the session. None where the message is not there.
   */
  abstract upward(
    key: SessionKey,
    fromId: string,
    limit: number,
  ): Promise<readonly SessionMessage[]>;

  /** A page of the branch up to a message, oldest first. @throws as `message` */
  abstract branch(
    key: SessionKey,
    leafId: string,
    page: BranchPage,
  ): Promise<readonly SessionMessage[]>;

  /** The last message of each branch, newest first: by id. @throws SessionNotFoundError */
  abstract leaves(key: SessionKey, page: SessionPage): Promise<readonly SessionMessage[]>;

  /**
   * Makes a session with copies of the messages up to one, under ids of their own. All or nothing.
   * @throws SessionNotFoundError, MessageNotFoundError
   */
  abstract fork(key: SessionKey, messageId: string, session: NewSession): Promise<void>;

  /**
   * Sessions to which nothing was added since a time (milliseconds since the epoch), oldest first.
   * @param skip how many of them to pass over. @default 0
   */
  abstract expired(
    updatedBefore: number,
    limit: number,
    skip?: number,
  ): Promise<readonly SessionKey[]>;
}
