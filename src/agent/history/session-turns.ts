import type { ModelMessage } from '../../models/model-stream.js';
import type { SessionMessage } from '../../sessions/session.js';
import type { SessionKey, SessionStore } from '../../sessions/session-store.js';
import type { SessionTurn } from './history-window.js';

/** How many messages are read at once. */
const PAGE = 100;

/**
 * The turns up to a message, the newest first, read as they are asked for. A message of the user's that
 * nothing has answered is left out: its caller has probably sent it again.
 */
export async function* turnsUpTo(
  store: SessionStore,
  key: SessionKey,
  messageId: string | null,
): AsyncGenerator<SessionTurn, void> {
  let from = messageId;
  let answers: SessionMessage[] = [];
  while (from !== null) {
    const page = await store.upward(key, from, PAGE);
    for (const message of page) {
      if (message.role !== 'user') {
        answers.unshift(message);
        continue;
      }
      if (answers.length > 0 && isWhole(answers)) yield [message, ...answers];
      answers = [];
    }
    from = page.at(-1)?.parentId ?? null;
  }
}

/** Whether each tool call has its result: no provider takes one without. */
function isWhole(answers: readonly SessionMessage[]): boolean {
  const answered = new Set(answers.map(({ toolCallId }) => toolCallId));
  return answers.every(({ toolCalls = [] }) => toolCalls.every(({ id }) => answered.has(id)));
}

/** A message as models are told it. */
export function toModelMessage(message: SessionMessage): ModelMessage {
  const { role, content, toolCalls, toolCallId } = message;
  switch (role) {
    case 'user':
      return { role, content };
    case 'assistant':
      return { role, content: content as string, ...(toolCalls !== undefined && { toolCalls }) };
    case 'tool':
      return { role, content: content as string, toolCallId: toolCallId! };
  }
}
