import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiHeader,
  ApiOperation,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import { ApiProblems } from '../http/api-problems.js';
import { Answer } from '../wire/native/answer.js';
import { STREAM_EXAMPLE } from '../wire/native/chunk-schemas.js';
import { RUN_HEADERS, SSE_CONTENT } from './api-parts.js';
import { ChatRequest } from './chat-request.js';
import { RunAccepted } from './run-accepted.js';

const EXAMPLES = {
  json: {
    summary: 'One JSON document',
    value: { message: 'What can you do?' },
  },
  stream: {
    summary: 'Token by token',
    value: { message: 'What can you do?', stream: true },
  },
  conversation: {
    summary: 'A whole conversation, as the older clients send it',
    value: {
      messages: [{ role: 'user', content: 'What can you do?' }],
      model_name: 'offline/assistant',
      max_tokens: 500,
      stream: true,
    },
  },
};

/** Documents both answers of `POST /api/v1/chat` on the handler that the document knows. */
export function ApiChat(): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(Answer, RunAccepted),
    ApiOperation({
      operationId: 'chat',
      summary: 'Ask an agent',
      description:
        'Starts a run and answers with it: as one JSON document or, with `"stream": true`, token by ' +
        'token over Server-Sent Events. The run goes on when the connection is lost; see ' +
        '`GET /api/v1/runs/{id}/stream`.',
    }),
    ApiBody({ type: ChatRequest, examples: EXAMPLES }),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description:
        'Makes the request safe to repeat: a repeat joins the run that the first one started.',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    }),
    ApiHeader({
      name: 'Last-Event-ID',
      required: false,
      description: 'With an Idempotency-Key: replay the run after this event.',
      schema: { type: 'string', pattern: '^[0-9]*$' },
    }),
    ApiHeader({
      name: 'Prefer',
      required: false,
      description:
        '`wait=N`: answer 202 when the JSON document takes longer than N seconds (RFC 7240).',
      schema: { type: 'string' },
    }),
    ApiResponse({
      status: 200,
      description: 'The answer. The body of `stream: true` is a series of events.',
      headers: RUN_HEADERS,
      content: {
        'application/json': { schema: { $ref: getSchemaPath(Answer) } },
        ...SSE_CONTENT(STREAM_EXAMPLE),
      },
    }),
    ApiResponse({
      status: 202,
      description: 'The run goes on by itself (`background`, `Prefer: wait`).',
      headers: {
        ...RUN_HEADERS,
        Location: { description: 'Where the run is.', schema: { type: 'string' } },
        'Preference-Applied': {
          description: 'The wait that was kept.',
          schema: { type: 'string' },
        },
      },
      content: { 'application/json': { schema: { $ref: getSchemaPath(RunAccepted) } } },
    }),
    ApiResponse({
      status: 204,
      description: 'A repeat with `Last-Event-ID` has seen the whole answer already.',
    }),
    ApiProblems(
      'invalid_request',
      'malformed_json',
      'model_not_found',
      'context_too_long',
      'content_filtered',
      'position_invalid',
      'idempotency_key_required',
      'session_not_found',
      'agent_not_found',
      'session_busy',
      'idempotency_conflict',
      'body_too_large',
      'unsupported_media_type',
      'provider_rate_limited',
      'provider_auth_failed',
      'provider_rejected',
      'stream_malformed',
      'provider_unavailable',
      'model_unavailable',
      'overloaded',
      'provider_timeout',
    ),
  );
}
