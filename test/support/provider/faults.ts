import { errorFor, type ErrorBody } from './errors.js';
import type { Script, Step } from './script.js';

/** Sends the status line and headers now. Otherwise they go out with the first bytes. */
export function headers(fields: Readonly<Record<string, string>> = {}): Step {
  return { kind: 'headers', headers: fields };
}

/** From here on, waits before each chunk. @param milliseconds 0 ends it */
export function pace(milliseconds: number): Step {
  return { kind: 'pace', milliseconds };
}

/** From here on, writes so many bytes at a time, each flushed alone: it cuts lines and characters. */
export function splitBytes(bytes: number): Step {
  return { kind: 'split', bytes };
}

/** Sends what the script sends in one write, so that its chunks arrive together. */
export function together(...script: readonly Script[]): Script {
  return [{ kind: 'cork' }, script, { kind: 'uncork' }];
}

/** Never goes on; the socket stays open. As the first step not even headers are sent. */
export function stall(): Step {
  return { kind: 'stall' };
}

/**
 * Closes the socket without ending the answer. As the first step no headers are sent.
 * @param options.reset with a TCP reset; the client may then lose bytes it has not read yet
 */
export function drop(options: { reset?: boolean } = {}): Step {
  return { kind: 'drop', reset: options.reset ?? false };
}

/** Answers with any status, headers and body, in place of a completion. */
export function respond(
  status: number,
  body: string,
  fields: Readonly<Record<string, string>> = {},
): Step {
  return { kind: 'respond', status, body, headers: fields };
}

/** Answers with an error status and OpenAI's error body. */
export function httpError(
  status: number,
  options: Partial<ErrorBody> & { headers?: Readonly<Record<string, string>> } = {},
): Step {
  const { headers: fields, ...members } = options;
  return respond(status, JSON.stringify({ error: errorFor(status, members) }), {
    'content-type': 'application/json',
    ...fields,
  });
}

/** 429 with `Retry-After`. @param retryAfter seconds, or an HTTP date */
export function rateLimited(retryAfter?: number | string): Step {
  return httpError(
    429,
    retryAfter === undefined ? {} : { headers: { 'retry-after': String(retryAfter) } },
  );
}

/** A page as a gateway between us and the provider sends it. */
export function htmlPage(status: number): Step {
  return respond(status, `<html><body><h1>${status} from the gateway</h1></body></html>`, {
    'content-type': 'text/html',
  });
}
