import { applyDecorators } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
} from '@nestjs/swagger';
import { ApiProblems } from '../http/api-problems.js';
import type { ProblemCode } from '../http/problem.js';
import { BranchList, MessageList, SessionDocument, SessionList } from './session-documents.js';

/** What a route with a body may refuse. */
const BODY: readonly ProblemCode[] = [
  'invalid_request',
  'malformed_json',
  'body_too_large',
  'unsupported_media_type',
];

const LOCATION = {
  Location: {
    description: 'Where the session is.',
    schema: { type: 'string', format: 'uri-reference' },
  },
} as const;

const ApiSessionId = (): MethodDecorator =>
  ApiParam({
    name: 'id',
    description: 'The session, as `X-Session-Id` or the answer names it.',
    schema: { type: 'string', format: 'uuid' },
  });

export function ApiSessionList(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ operationId: 'listSessions', summary: 'The sessions, newest first' }),
    ApiOkResponse({ type: SessionList, description: 'None where nothing fits.' }),
    ApiProblems('invalid_request'),
  );
}

export function ApiSessionCreate(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'createSession',
      summary: 'Make a session before its first message',
      description:
        'Not needed to talk: a `message` without `session_id` makes a session. The body may be `{}`.',
    }),
    ApiCreatedResponse({ type: SessionDocument, headers: LOCATION, description: 'The session.' }),
    ApiProblems(...BODY),
  );
}

export function ApiSession(): MethodDecorator {
  return applyDecorators(
    ApiSessionId(),
    ApiOperation({ operationId: 'getSession', summary: 'A session' }),
    ApiOkResponse({ type: SessionDocument, description: 'Without its messages.' }),
    ApiProblems('session_not_found'),
  );
}

export function ApiSessionChange(): MethodDecorator {
  return applyDecorators(
    ApiSessionId(),
    ApiOperation({
      operationId: 'changeSession',
      summary: 'Rename a session, or go on with another branch of it',
    }),
    ApiOkResponse({ type: SessionDocument, description: 'The session as it now is.' }),
    ApiProblems(...BODY, 'session_not_found', 'message_not_found', 'session_busy'),
  );
}

export function ApiSessionDelete(): MethodDecorator {
  return applyDecorators(
    ApiSessionId(),
    ApiOperation({
      operationId: 'deleteSession',
      summary: 'Forget a session, with its runs and their idempotency keys',
      description: 'Runs that are under way, or wait in it, are cancelled first.',
    }),
    ApiNoContentResponse({ description: 'Nothing of it is left.' }),
    ApiProblems('session_not_found', 'session_busy'),
  );
}

export function ApiSessionMessages(): MethodDecorator {
  return applyDecorators(
    ApiSessionId(),
    ApiOperation({
      operationId: 'listMessages',
      summary: 'The messages of a branch, oldest first',
    }),
    ApiOkResponse({
      type: MessageList,
      description: 'Those that are kept: of runs that have begun.',
    }),
    ApiProblems('invalid_request', 'session_not_found', 'message_not_found'),
  );
}

export function ApiSessionBranches(): MethodDecorator {
  return applyDecorators(
    ApiSessionId(),
    ApiOperation({
      operationId: 'listBranches',
      summary: 'The ends of the branches, newest first',
      description: 'A session has several once a message was edited or answered once more.',
    }),
    ApiOkResponse({ type: BranchList, description: 'None where nothing was said.' }),
    ApiProblems('invalid_request', 'session_not_found'),
  );
}

export function ApiSessionFork(): MethodDecorator {
  return applyDecorators(
    ApiSessionId(),
    ApiOperation({
      operationId: 'forkSession',
      summary: 'Make a session that begins as this one does',
      description: 'The messages are copied under ids of their own; the body may be `{}`.',
    }),
    ApiCreatedResponse({
      type: SessionDocument,
      headers: LOCATION,
      description: 'The new session.',
    }),
    ApiProblems(...BODY, 'session_not_found', 'message_not_found'),
  );
}
