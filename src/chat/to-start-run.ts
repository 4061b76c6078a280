import { createHash } from 'node:crypto';
import type { StartRun } from '../agent/start-run.js';
import type { RequestFault } from '../http/problem.js';
import { InvalidRequestError } from '../http/validation.js';
import { LOCAL_OWNER, type RunRequest } from '../runs/run.js';
import type { ModelMessage } from '../models/model-stream.js';
import type { ChatMessage, ChatRequest } from './chat-request.js';
import { toMessageContent } from './message-content.js';

/** What a request says beside its body. */
export interface RequestHeaders {
  requestId: string;
  idempotencyKey: string | undefined;
  /** The position in `Last-Event-ID`. */
  after: number | undefined;
}

/** Turns a validated body into a request to start a run. @throws InvalidRequestError */
export function toStartRun(body: ChatRequest, headers: RequestHeaders): StartRun {
  const faults = [...faultsOf(body)];
  if (faults.length > 0) throw new InvalidRequestError(faults);
  const asked = {
    model: body.model ?? body.model_name,
    agent: body.agent,
    // What is not to be kept makes no session.
    inSession:
      body.messages === undefined && (body.store !== false || body.session_id !== undefined),
    sessionId: body.session_id,
    ...(body.edit_message_id !== undefined && { editMessageId: body.edit_message_id }),
    ...(body.regenerate && { regenerate: true as const }),
    onBusy: body.on_busy ?? 'reject',
    request: toRunRequest(body),
    metadata: body.metadata ?? {},
  } as const;
  const { requestId, idempotencyKey: key, after } = headers;
  return {
    ...asked,
    owner: LOCAL_OWNER,
    requestId,
    after,
    idempotency: key === undefined ? undefined : { key, fingerprint: digest(asked) },
  };
}

function toRunRequest(body: ChatRequest): RunRequest {
  const { message, messages = [], response_format: format, max_seconds: seconds } = body;
  return {
    messages:
      message === undefined
        ? messages.map(toModelMessage)
        : [{ role: 'user', content: toMessageContent(message) }],
    ...(body.instructions !== undefined && { instructions: body.instructions }),
    maxTokens: body.max_tokens,
    ...(seconds !== undefined && { timeLimitMs: seconds * 1000 }),
    ...(body.store === false && { store: false }),
    temperature: body.temperature,
    responseFormat: format && { ...format },
    include: body.include ?? ['reasoning'],
    onDisconnect: body.on_disconnect ?? 'continue',
  };
}

function toModelMessage({ role, content }: ChatMessage): ModelMessage {
  const said = toMessageContent(content);
  // Parts are refused where they are not the user's.
  return role === 'assistant' ? { role, content: said as string } : { role, content: said };
}

/** What no field says alone. */
function* faultsOf(body: ChatRequest): Generator<RequestFault> {
  const { message, messages, session_id: sessionId, edit_message_id: edited, regenerate } = body;
  const asked = [message, messages, regenerate].filter((one) => one !== undefined);
  if (asked.length !== 1) {
    const detail = 'Exactly one of message, messages and regenerate is required.';
    yield { pointer: '#', detail };
  }
  if (regenerate && sessionId === undefined) {
    yield { pointer: '#/regenerate', detail: 'regenerate goes with session_id only.' };
  }
  if (edited !== undefined && (sessionId === undefined || message === undefined)) {
    const detail = 'edit_message_id goes with session_id and message only.';
    yield { pointer: '#/edit_message_id', detail };
  }
  for (const [index, { role, content }] of (messages ?? []).entries()) {
    if (role === 'user' || typeof content === 'string') continue;
    const pointer = `#/messages/${index}/content`;
    yield { pointer, detail: 'Only messages of the user have parts.' };
  }
  const last = messages?.at(-1);
  if (last !== undefined && (last.role !== 'user' || last.content === '')) {
    const pointer = `#/messages/${messages!.length - 1}`;
    yield { pointer, detail: "The last of messages has to be the user's, and not empty." };
  }
  if (messages !== undefined && sessionId !== undefined) {
    const detail = 'session_id goes with message; messages is a conversation of its own.';
    yield { pointer: '#/session_id', detail };
  }
  if (body.model !== undefined && body.model_name !== undefined && body.model !== body.model_name) {
    yield { pointer: '#/model_name', detail: 'model and model_name name different models.' };
  }
  if (body.background === true && body.on_disconnect === 'cancel') {
    const detail =
      'A run in the background has no watcher to wait for: on_disconnect cannot be "cancel".';
    yield { pointer: '#/on_disconnect', detail };
  }
  if (
    body.response_format?.json_schema !== undefined &&
    body.response_format.type !== 'json_schema'
  ) {
    const detail = 'json_schema goes with the type "json_schema" only.';
    yield { pointer: '#/response_format/json_schema', detail };
  }
}

/** A digest of a value that does not depend on the order of its members. */
function digest(value: unknown): string {
  const sorted = JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
  return createHash('sha256').update(sorted).digest('base64url');
}
