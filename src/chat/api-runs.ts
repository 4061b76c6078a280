import { applyDecorators } from '@nestjs/common';
import {
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
} from '@nestjs/swagger';
import { ApiProblems } from '../http/api-problems.js';
import { STREAM_EXAMPLE } from '../wire/native/chunk-schemas.js';
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
    ApiOkResponse({ type: RunDocument }),
    ApiProblems('run_not_found', 'run_expired'),
  );
}

export function ApiRunStream(): MethodDecorator {
  return applyDecorators(
    ApiRunId(),
    ApiOperation({
      operationId: 'streamRun',
      summary: 'Follow a run, from the beginning or from where a reader was cut',
      description:
        'Each reader gets the same chunks under the same ids. Opens at once; the position is ' +
        '`Last-Event-ID`, else `after`, else the beginning.',
    }),
    ApiHeader({
      name: 'Last-Event-ID',
      required: false,
      description: 'The id of the last event that was read. Wins over `after`.',
      schema: { type: 'string', pattern: '^[0-9]*$' },
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
      content: SSE_CONTENT(STREAM_EXAMPLE),
    }),
    ApiResponse({ status: 204, description: 'The whole run has been read: stop.' }),
    ApiProblems('position_invalid', 'run_not_found', 'run_expired'),
  );
}
