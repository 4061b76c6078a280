import type { ModelMessage } from '../models/model-stream.js';

/** A conversation: its messages over many runs. */
export interface Session {
  id: string;
  owner: string;
  title: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
}

/** One message of a session. A run has at most one of each role. */
export interface SessionMessage {
  id: string;
  role: 'user' | 'assistant';
  content: string;
  runId: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
}

/** How much of the first message becomes the title, in characters. */
const TITLE_LENGTH = 60;

/** The title of a new session: the beginning of its first message, on one line. */
export function titleOf(message: string): string {
  const line = message
    .slice(0, 4 * TITLE_LENGTH)
    .replace(/\s+/g, ' ')
    .trim();
  // By code points, so that a character outside the BMP is not cut in two.
  return [...line].slice(0, TITLE_LENGTH).join('');
}

/**
 * What a model is told of a session: the messages that were answered, and the one that a run is to
 * answer. One whose run came to nothing is left out: its caller has probably sent it again.
 */
export function conversationOf(
  messages: readonly SessionMessage[],
  run: { id: string },
): ModelMessage[] {
  const answered = new Set(
    messages.filter(({ role }) => role === 'assistant').map(({ runId }) => runId),
  );
  return messages
    .filter(({ runId, role }) => (runId === run.id ? role === 'user' : answered.has(runId)))
    .map(({ role, content }) => ({ role, content }));
}
