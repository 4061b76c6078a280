import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiHeader,
  ApiOperation,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import { ApiProblemsWith } from '../http/api-problems.js';
import { Answer } from '../wire/native/answer.js';
import { ANSWER_EXAMPLE, REQUEST_EXAMPLES } from './api-examples.js';
import { RUN_HEADERS, SSE_CONTENT } from './api-parts.js';
import { ChatRequest } from './chat-request.js';
import { RunAccepted } from './run-accepted.js';

const DESCRIPTION = `
Starts a run and answers with it:

- as one **JSON** document, once the run has ended;
- with \`"stream": true\`, **token by token** over Server-Sent Events. The headers wait for the first
  event, so that what fails before it has a status of its own; what fails later is told by the last
  chunk;
- with \`"background": true\` or \`Prefer: wait=N\`, with **202** and where the run is.

The run goes on when the connection is lost: follow it with \`GET /api/v1/runs/{id}/stream\`. To be
able to repeat the request itself, send an \`Idempotency-Key\`.
`.trim();

/** Documents both answers of `POST /api/v1/chat` on the handler that the document knows. */
export function ApiChat(): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(Answer, RunAccepted),
    ApiOperation({ operationId: 'chat', summary: 'Ask an agent', description: DESCRIPTION }),
    ApiBody({ type: ChatRequest, examples: REQUEST_EXAMPLES }),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description:
        'Makes the request safe to repeat: a repeat joins the run that the first one started, in ' +
        'either mode. Kept as long as the run; with another body it is refused.',
      schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
      example: '6f1c2a9e-order-4711',
    }),
    ApiHeader({
      name: 'Last-Event-ID',
      required: false,
      description:
        'With an `Idempotency-Key`, whose run it is a position of: the stream goes on after this ' +
        'event.',
      schema: { type: 'string', pattern: '^\\d{0,15}$' },
    }),
    ApiHeader({
      name: 'Prefer',
      required: false,
      description:
        '`wait=N`: answer 202 when the JSON document takes longer than N seconds (RFC 7240).',
      schema: { type: 'string' },
      example: 'wait=60',
    }),
    ApiResponse({
      status: 200,
      description: 'The answer. The body of `stream: true` is a series of events.',
      headers: RUN_HEADERS,
      content: {
        'application/json': { schema: { $ref: getSchemaPath(Answer) }, example: ANSWER_EXAMPLE },
        ...SSE_CONTENT,
      },
    }),
    ApiResponse({
      status: 202,
      description:
        'The run goes on by itself (`background`, `Prefer: wait`), or waits for decisions on its tool ' +
        'calls (JSON only): see `POST /api/v1/runs/{id}/approvals`.',
      headers: {
        ...RUN_HEADERS,
        Location: {
          description: 'Where the run is.',
          schema: { type: 'string', format: 'uri-reference' },
        },
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
      headers: RUN_HEADERS,
    }),
    ApiProblemsWith(
      RUN_HEADERS,
      'invalid_request',
      'malformed_json',
      'model_not_found',
      'context_too_long',
      'images_not_supported',
      'content_filtered',
      'position_invalid',
      'idempotency_key_required',
      'session_not_found',
      'message_not_found',
      'agent_not_found',
      'session_busy',
      'idempotency_conflict',
      'body_too_large',
      'unsupported_media_type',
      'provider_rate_limited',
      'provider_auth_failed',
      'provider_rejected',
      'output_invalid',
      'stream_malformed',
      'provider_unavailable',
      'model_unavailable',
      'overloaded',
      'provider_timeout',
      'run_timeout',
      'approval_timeout',
    ),
  );
}
