import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ApiNullable } from '../http/api-nullable.js';
import { CURSOR_PATTERN } from '../http/page-query.js';
import type { ContentPart, MessageContent } from '../models/model-stream.js';
import { FINISH_REASONS } from '../wire/native/answer.js';
import { WireToolCall } from '../wire/native/tool-call.js';
import { toWireUsage, WireUsage } from '../wire/native/usage.js';
import type { Session, SessionMessage } from './session.js';

/** A session as callers see it. */
export class SessionDocument {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ description: 'By default the first 60 characters of the first message.' })
  title: string;

  @ApiNullable(
    { type: 'string', format: 'uuid' },
    'The last message of the current branch; null while there is none.',
  )
  head_id: string | null;

  @ApiProperty({ format: 'date-time', description: 'RFC 3339, UTC, milliseconds.' })
  created_at: string;

  @ApiProperty({ format: 'date-time', description: 'When its last message was added.' })
  updated_at: string;
}

const ROLES = ['user', 'assistant', 'tool'] as const;

/** A part of a message, as requests have it. */
const PARTS = {
  type: 'array',
  items: { type: 'object', properties: { type: { enum: ['text', 'image_url'] } } },
};

/** A message of a session as callers see it. */
export class MessageDocument {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ enum: ROLES })
  role: (typeof ROLES)[number];

  @ApiProperty({
    oneOf: [{ type: 'string' }, PARTS],
    description: 'A text, or its parts where there are images.',
  })
  content: string | readonly object[];

  @ApiProperty({ format: 'uuid', description: 'The run that has said it, or was asked.' })
  run_id: string;

  @ApiNullable(
    { type: 'string', format: 'uuid' },
    'The message that it follows; null for the first.',
  )
  parent_id: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiPropertyOptional({ description: "The assistant's: the model, as it was asked for." })
  model?: string;

  @ApiPropertyOptional({ type: [WireToolCall], description: 'What the assistant asks for.' })
  tool_calls?: WireToolCall[];

  @ApiPropertyOptional({ description: 'Of a tool: the call that it answers.' })
  tool_call_id?: string;

  @ApiPropertyOptional({ description: 'Of a tool: its name.' })
  name?: string;

  @ApiPropertyOptional({ description: 'Of a tool: whether it has failed or was not called.' })
  is_error?: boolean;

  @ApiPropertyOptional({
    type: WireUsage,
    description: 'On the last message of a run: what the whole run has cost.',
  })
  usage?: WireUsage;

  @ApiPropertyOptional({
    enum: FINISH_REASONS,
    description: 'On the last message of a run: how it ended.',
  })
  finish_reason?: string;
}

/** The end of a branch of a session. */
export class BranchDocument {
  @ApiProperty({ format: 'uuid', description: 'Its last message: what `branch` takes.' })
  message_id: string;

  @ApiProperty({ type: 'integer', minimum: 1, description: 'How many messages it has.' })
  messages: number;

  @ApiProperty({ description: 'Whether the next message follows it.' })
  current: boolean;

  @ApiProperty({ format: 'date-time' })
  created_at: string;
}

const NEXT_CURSOR = [
  { type: 'string', pattern: CURSOR_PATTERN },
  'What to send as `cursor` for the next page; null on the last one.',
] as const;

export class SessionList {
  @ApiProperty({ type: [SessionDocument], description: 'The newest first.' })
  data: SessionDocument[];

  @ApiNullable(...NEXT_CURSOR)
  next_cursor: string | null;
}

export class MessageList {
  @ApiProperty({ type: [MessageDocument], description: 'The oldest first.' })
  data: MessageDocument[];

  @ApiNullable(...NEXT_CURSOR)
  next_cursor: string | null;
}

export class BranchList {
  @ApiProperty({ type: [BranchDocument], description: 'The newest first.' })
  data: BranchDocument[];

  @ApiNullable(...NEXT_CURSOR)
  next_cursor: string | null;
}

export function toSessionDocument(session: Session): SessionDocument {
  return {
    id: session.id,
    title: session.title,
    head_id: session.headId,
    created_at: time(session.createdAt),
    updated_at: time(session.updatedAt),
  };
}

export function toMessageDocument(message: SessionMessage): MessageDocument {
  const { toolCalls, toolCallId, toolName, isError, model, usage, finishReason } = message;
  return {
    id: message.id,
    role: message.role,
    content: toWireContent(message.content),
    run_id: message.runId,
    parent_id: message.parentId,
    created_at: time(message.createdAt),
    ...(model !== undefined && { model }),
    ...(toolCalls !== undefined && { tool_calls: toolCalls.map(toWireCall) }),
    ...(toolCallId !== undefined && { tool_call_id: toolCallId }),
    ...(toolName !== undefined && { name: toolName }),
    ...(message.role === 'tool' && { is_error: isError ?? false }),
    ...(usage !== undefined && { usage: toWireUsage(usage) }),
    ...(finishReason !== undefined && { finish_reason: finishReason }),
  };
}

export function toBranchDocument(
  { id, position, createdAt }: SessionMessage,
  headId: string | null,
): BranchDocument {
  return {
    message_id: id,
    messages: position,
    current: id === headId,
    created_at: time(createdAt),
  };
}

function toWireCall({
  id,
  name,
  arguments: args,
}: NonNullable<SessionMessage['toolCalls']>[number]): WireToolCall {
  return { id, name, arguments: JSON.parse(args) as unknown };
}

/** As requests have it: OpenAI's shape. */
function toWireContent(content: MessageContent): string | readonly object[] {
  return typeof content === 'string' ? content : content.map(toWirePart);
}

function toWirePart(part: ContentPart): object {
  if (part.type === 'text') return part;
  const { url, detail } = part;
  return { type: 'image_url', image_url: { url, ...(detail !== undefined && { detail }) } };
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
