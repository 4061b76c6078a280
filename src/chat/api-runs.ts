import { applyDecorators } from '@nestjs/common';
import {
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
} from '@nestjs/swagger';
import { ApiProblems, ApiProblemsWith } from '../http/api-problems.js';
import { RunDocument } from '../wire/native/run-document.js';
import { RUN_HEADERS, SSE_CONTENT } from './api-parts.js';

const ApiRunId = (): MethodDecorator =>
  ApiParam({
    name: 'id',
    description: 'The run, as `X-Run-Id` or the last chunk names it.',
    schema: { type: 'string', format: 'uuid' },
  });

export function ApiRun(): MethodDecorator {
  return applyDecorators(
    ApiRunId(),
    ApiOperation({ operationId: 'getRun', summary: 'A run and its text so far' }),
    ApiOkResponse({ type: RunDocument, description: 'The run, whatever state it is in.' }),
    ApiProblems('invalid_request', 'run_not_found', 'run_expired'),
  );
}

const STREAM_DESCRIPTION = `
Any number of readers may follow a run, each at its own pace: all get the same chunks under the same
ids. The stream opens at once and ends after the last chunk.

The position is \`Last-Event-ID\`, else \`after\`, else the beginning. A reader that was cut sends
the last id that it has read and gets what came since.
`.trim();

export function ApiRunStream(): MethodDecorator {
  return applyDecorators(
    ApiRunId(),
    ApiOperation({
      operationId: 'streamRun',
      summary: 'Follow a run, from the beginning or from where a reader was cut',
      description: STREAM_DESCRIPTION,
    }),
    ApiHeader({
      name: 'Last-Event-ID',
      required: false,
      description: 'The id of the last event that was read. Wins over `after`.',
      schema: { type: 'string', pattern: '^\\d{0,15}$' },
    }),
    ApiQuery({
      name: 'after',
      required: false,
      description: 'The id of the last event that was read.',
      schema: { type: 'integer', minimum: 0 },
    }),
    ApiResponse({
      status: 200,
      description: 'The chunks after the position.',
      headers: RUN_HEADERS,
      content: SSE_CONTENT,
    }),
    ApiResponse({
      status: 204,
      description: 'The whole run has been read: stop. An `EventSource` does so by itself.',
      headers: RUN_HEADERS,
    }),
    ApiProblemsWith(
      RUN_HEADERS,
      'invalid_request',
      'position_invalid',
      'run_not_found',
      'run_expired',
    ),
  );
}
