import { fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidRequest } from '../error-response.js';
import type { SchemaReport, SchemaTask } from './schema-value-worker.js';

/** Beside this file, as TypeScript or as what was built of it. */
const WORKER = fileURLToPath(
  new URL(`./schema-value-worker${extname(import.meta.url)}`, import.meta.url),
);

/** Longest search for a value, in milliseconds, and the most memory for it. */
const TIME_LIMIT = 2_000;
const MEMORY_LIMIT_MB = 128;

/** One at a time: whoever sends hard schemas waits for them, and nobody else's cores do. */
let last: Promise<unknown> = Promise.resolve();
let waiting = 0;

/** Most searches that wait for others. */
const MOST_WAITING = 50;

/**
 * A value that fits a JSON schema (2020-12, or draft-07 where it says so), always the same for the same. A
 * process of its own looks for it, since a schema can ask for more than any memory holds, or for a pattern
 * that takes for ever.
 *
 * @param text what is to stand where the schema asks for an answer in words
 * @throws InvalidRequest where none is found, or not soon enough
 */
export async function schemaValue(schema: object, text = ''): Promise<unknown> {
  if (waiting >= MOST_WAITING) throw noValue('too many others are being looked at');
  waiting += 1;
  const value = last.then(() => search({ schema, text }));
  last = value.catch(() => undefined).then(() => (waiting -= 1));
  return value;
}

async function search(task: SchemaTask): Promise<unknown> {
  const child = fork(WORKER, {
    execArgv: [`--max-old-space-size=${MEMORY_LIMIT_MB}`],
    // Nothing of ours is its business.
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const timeout = AbortSignal.timeout(TIME_LIMIT);
  const ended = new AbortController();
  const signal = AbortSignal.any([timeout, ended.signal]);
  try {
    const report = Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(() => undefined),
    ]);
    child.send(task);
    const [said] = ((await report) ?? []) as [SchemaReport?];
    if (said === undefined) throw noValue('it asks for too much');
    if ('value' in said) return said.value;
    throw noValue(said.failure);
  } catch (error) {
    if (error instanceof InvalidRequest) throw error;
    throw noValue(timeout.aborted ? 'no value was found in time' : 'it asks for too much');
  } finally {
    ended.abort();
    child.on('error', () => undefined);
    child.kill('SIGKILL');
  }
}

function noValue(why: string): InvalidRequest {
  return new InvalidRequest(`The offline assistant finds no value for this schema: ${why}.`, {
    param: 'response_format',
  });
}
