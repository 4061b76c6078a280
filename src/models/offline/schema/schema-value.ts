import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { InvalidRequest } from '../error-response.js';
import type { SchemaReport, SchemaTask } from './schema-value-worker.js';

/** Beside this file, as TypeScript or as what was built of it. */
const WORKER = new URL(`./schema-value-worker${extname(import.meta.url)}`, import.meta.url);

/** Longest search for a value, in milliseconds, and the most memory for it. */
const TIME_LIMIT = 2_000;
const MEMORY_LIMIT_MB = 128;

/** One at a time: whoever sends hard schemas waits for them, and nobody else's cores do. */
let last: Promise<unknown> = Promise.resolve();

/**
 * A value that fits a JSON schema (2020-12, or draft-07 where it says so), always the same for the same. A thread of its own looks for
 * it, since a schema can ask for more than any memory holds, or for a pattern that takes for ever.
 *
 * @param text what is to stand where the schema asks for an answer in words
 * @throws InvalidRequest where none is found, or not soon enough
 */
export async function schemaValue(schema: object, text = ''): Promise<unknown> {
  const value = last.then(() => search({ schema, text }));
  last = value.catch(() => undefined);
  return value;
}

async function search(task: SchemaTask): Promise<unknown> {
  const worker = new Worker(WORKER, {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_LIMIT_MB },
  });
  worker.unref();
  const signal = AbortSignal.timeout(TIME_LIMIT);
  try {
    const [report] = (await once(worker, 'message', { signal })) as [SchemaReport];
    if ('value' in report) return report.value;
    throw noValue(report.failure);
  } catch (error) {
    if (error instanceof InvalidRequest) throw error;
    throw noValue(signal.aborted ? 'no value was found in time' : 'it asks for too much');
  } finally {
    await worker.terminate();
  }
}

function noValue(why: string): InvalidRequest {
  return new InvalidRequest(`The offline assistant finds no value for this schema: ${why}.`, {
    param: 'response_format',
  });
}
