import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runLimited, TaskLimitError } from '../../../schemas/limited-process.js';
import { InvalidRequest } from '../error-response.js';
import type { SchemaReport, SchemaTask } from './schema-value-worker.js';

/** Beside this file, as TypeScript or as what was built of it. */
const WORKER = fileURLToPath(
  new URL(`./schema-value-worker${extname(import.meta.url)}`, import.meta.url),
);

/** Longest search for a value, in milliseconds, and the most memory for it. */
const TIME_LIMIT = 2_000;
const MEMORY_LIMIT_MB = 128;

/**
 * A value that fits a JSON schema (2020-12, or draft-07 where it says so), always the same for the same. A
 * process of its own looks for it, since a schema can ask for more than any memory holds, or for a pattern
 * that takes for ever.
 *
 * @param text what is to stand where the schema asks for an answer in words
 * @throws InvalidRequest where none is found, or not soon enough
 */
export async function schemaValue(schema: object, text = ''): Promise<unknown> {
  const task: SchemaTask = { schema, text };
  const limits = { timeMs: TIME_LIMIT, memoryMb: MEMORY_LIMIT_MB };
  const said = await runLimited<SchemaReport>({ path: WORKER }, task, limits).catch(
    (error: unknown) => {
      if (!(error instanceof TaskLimitError)) throw error;
      throw noValue(error.isLate ? 'no value was found in time' : 'it asks for too much');
    },
  );
  if ('value' in said) return said.value;
  throw noValue(said.failure);
}

function noValue(why: string): InvalidRequest {
  return new InvalidRequest(`The offline assistant finds no value for this schema: ${why}.`, {
    param: 'response_format',
  });
}
