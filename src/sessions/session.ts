import type { MessageContent, ModelToolCall, Usage } from '../models/model-stream.js';

/** A conversation: its messages over many runs. */
export interface Session {
  id: string;
  owner: string;
  /** '' until it is named, or its first message comes. */
  title: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** When its last message was added, in milliseconds since the epoch. */
  updatedAt: number;
  /** The last message of its current branch; null while there is none. */
  headId: string | null;
}

/** A session that is to be made. */
export type NewSession = Pick<Session, 'id' | 'owner' | 'title' | 'createdAt'>;

/** A message that is to be kept. */
export interface NewMessage {
  id: string;
  role: 'user' | 'assistant' | 'tool';
  /** Those of the assistant and of tools are always a text. */
  content: MessageContent;
  /** What the assistant asks for. */
  toolCalls?: readonly ModelToolCall[];
  /** The call that a tool answers. */
  toolCallId?: string;
  toolName?: string;
  /** Whether the tool has failed, or was not called. */
  isError?: boolean;
  /** As `countMessage` counts them. */
  tokens: number;
  /** The model that said it, by the name that was asked for. */
  model?: string;
  /** What its whole run has cost; on the last message of a run only. */
  usage?: Usage;
  /** How its run ended; on the last message of a run only. */
  finishReason?: string;
}

/** One message of a session: a node of a tree, whose branches are what was edited or answered anew. */
export interface SessionMessage extends NewMessage {
  runId: string;
  /** The message that it follows; null: it begins the conversation. */
  parentId: string | null;
  /** Its place in its branch, from 1. */
  position: number;
  /** Milliseconds since the epoch. */
  createdAt: number;
}

/** How much of the first message becomes the title, in characters. */
const TITLE_LENGTH = 60;

/** The title of a new session: the beginning of its first message, on one line. */
export function titleOf(message: MessageContent): string {
  const text =
    typeof message === 'string' ? message : message.find((part) => part.type === 'text')?.text;
  const line = (text ?? 'Image')
    .slice(0, 4 * TITLE_LENGTH)
    .replace(/\s+/g, ' ')
    .trim();
  // By code points, so that a character outside the BMP is not cut in two.
  return [...line].slice(0, TITLE_LENGTH).join('');
}
