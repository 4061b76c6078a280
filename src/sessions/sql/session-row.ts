import type { Selectable } from 'kysely';
import type { MessagesTable, SessionsTable } from '../../storage/sql/tables.js';
import type { NewMessage, NewSession, Session, SessionMessage } from '../session.js';

export type SessionRow = Selectable<SessionsTable>;
export type MessageRow = Selectable<MessagesTable>;

/** What is kept of a message in one column. */
type Details = Omit<NewMessage, 'id' | 'role' | 'content' | 'tokens'>;

/** What the table `sessions` keeps of a new session. */
export function toSessionRow({ id, owner, title, createdAt }: NewSession): SessionRow {
  return {
    id,
    owner,
    ...toTitleColumns(title),
    created_at: createdAt,
    updated_at: createdAt,
    head_id: null,
  };
}

export function toTitleColumns(title: string): Pick<SessionRow, 'title' | 'search_title'> {
  return { title: JSON.stringify(title), search_title: searchText(title) };
}

/** A text as titles are looked for by. PostgreSQL takes neither U+0000 nor half of a character. */
export function searchText(text: string): string {
  return text.toLowerCase().toWellFormed().replaceAll('\u0000', '\ufffd');
}

/** A session as its row has it. PostgreSQL hands out its bigints as texts. */
export function toSession(row: SessionRow): Session {
  return {
    id: row.id,
    owner: row.owner,
    title: JSON.parse(row.title) as string,
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    headId: row.head_id,
  };
}

/** What stands in a row of a message whatever its place. */
export function toMessageColumns(
  message: NewMessage,
): Pick<MessageRow, 'id' | 'role' | 'content' | 'details' | 'tokens'> {
  const { id, role, content, tokens, ...details } = message;
  return { id, role, content: JSON.stringify(content), details: JSON.stringify(details), tokens };
}

/** A message as its row has it. */
export function toMessage(row: MessageRow): SessionMessage {
  return {
    id: row.id,
    runId: row.run_id,
    parentId: row.parent_id,
    position: row.position,
    role: row.role as SessionMessage['role'],
    content: JSON.parse(row.content) as SessionMessage['content'],
    ...(JSON.parse(row.details) as Details),
    tokens: row.tokens,
    createdAt: Number(row.created_at),
  };
}
