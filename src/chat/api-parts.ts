import type { ApiResponseOptions } from '@nestjs/swagger';
import { STREAM_EXAMPLES } from './api-examples.js';

type Documented = Extract<ApiResponseOptions, { headers?: unknown; content?: unknown }>;

/** The headers that say which run a response belongs to. */
export const RUN_HEADERS: NonNullable<Documented['headers']> = {
  'X-Run-Id': { description: 'The run.', schema: { type: 'string', format: 'uuid' } },
  'X-Session-Id': {
    description: 'The session, where the run has one.',
    schema: { type: 'string', format: 'uuid' },
  },
};

/** An event stream: OpenAPI 3.1 has no word for its items, so the schema is that of one `data`. */
export const SSE_CONTENT: NonNullable<Documented['content']> = {
  'text/event-stream': {
    schema: { $ref: '#/components/schemas/Chunk' },
    examples: STREAM_EXAMPLES,
  },
};
