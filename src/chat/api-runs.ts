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
import { RUN_EXAMPLES, RUN_EXAMPLES_OVER, RUN_LIST_EXAMPLE } from './api-run-examples.js';
import { RUN_HEADERS, SSE_CONTENT } from './api-parts.js';
import { RunList } from './run-list.js';

const ApiRunId = (): MethodDecorator =>
  ApiParam({
    name: 'id',
    description: 'The run, as `X-Run-Id` or the last chunk names it.',
    schema: { type: 'string', format: 'uuid' },
  });

const LIST_DESCRIPTION = `
The newest first, with their texts. A page ends early once its texts add up to 1 MB, so take
\`next_cursor\`, not the number of runs, for whether there are more. Runs that begin meanwhile are not
in later pages.
`.trim();

export function ApiRunList(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'listRuns',
      summary: 'The runs that are kept',
      description: LIST_DESCRIPTION,
    }),
    ApiOkResponse({
      type: RunList,
      description: 'The runs that fit all that was asked for; none where nothing fits.',
      example: RUN_LIST_EXAMPLE,
    }),
    ApiProblems('invalid_request'),
  );
}

export function ApiRun(): MethodDecorator {
  return applyDecorators(
    ApiRunId(),
    ApiOperation({ operationId: 'getRun', summary: 'A run and its text so far' }),
    ApiOkResponse({
      type: RunDocument,
      description: 'The run, whatever state it is in.',
      examples: RUN_EXAMPLES,
    }),
    ApiProblems('invalid_request', 'run_not_found', 'run_expired'),
  );
}

const CANCEL_DESCRIPTION = `
Ends the run at once, whether it waits, is under way or has a silent provider. The provider's
connection is closed; the text so far and its usage are kept. Whoever waits for the answer or follows
the run gets them, with the finish reason \`cancelled\`.

Answered once the run has ended. A run that had ended before stays as it was, so the request can be
repeated and is then answered with the same. No body is needed; what is in one is passed over.
`.trim();

export function ApiRunCancel(): MethodDecorator {
  return applyDecorators(
    ApiRunId(),
    ApiOperation({
      operationId: 'cancelRun',
      summary: 'End a run before its time',
      description: CANCEL_DESCRIPTION,
    }),
    ApiOkResponse({
      type: RunDocument,
      description: 'The run as it has ended: cancelled, unless it was over before.',
      examples: RUN_EXAMPLES_OVER,
    }),
    ApiProblems(
      'invalid_request',
      'malformed_json',
      'run_not_found',
      'run_expired',
      'body_too_large',
      'unsupported_media_type',
    ),
  );
}

const APPROVALS_DESCRIPTION = `
A run whose tool calls need approval says so by an \`approval_required\` chunk, waits in the state
\`waiting\`, and is told here what to do: to make a call, to make it with other arguments, or not to make
it. Each call may be decided on by itself; the run goes on with each that is, and to its next turn once all
are.

Either all decisions of a body are taken or none. A call can be decided on once; after the agent's time
limit its policy has done so.
`.trim();

export function ApiRunApprovals(): MethodDecorator {
  return applyDecorators(
    ApiRunId(),
    ApiOperation({
      operationId: 'decideApprovals',
      summary: 'Approve or reject tool calls',
      description: APPROVALS_DESCRIPTION,
    }),
    ApiOkResponse({
      type: RunDocument,
      description: 'The run, which goes on.',
      examples: { running: RUN_EXAMPLES.running },
    }),
    ApiProblems(
      'invalid_request',
      'malformed_json',
      'run_not_found',
      'approval_not_found',
      'approval_decided',
      'run_expired',
      'body_too_large',
      'unsupported_media_type',
    ),
  );
}

const STREAM_DESCRIPTION = `
Any number of readers may follow a run, each at its own pace: all get the same chunks under the same
ids. The stream opens at once and ends after the last chunk.

The position is \`Last-Event-ID\`, else \`after\`, else the beginning. A reader that was cut sends
the last id that it has read and gets what came since.

A service that is about to stop answers with \`retry: 1000\` and no event, and ends streams that are
open in the same way: come again, from the same position.
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
