import { isObject } from './json-values.js';
import type { ProviderFault } from './provider-fault.js';

/*
 * The ways in which a body is no answer. None of them keeps what was sent: these errors go to the
 * log, and a payload holds what people and models say to each other.
 */

/** A payload is no chunk of a chat completion. */
export class MalformedChunkError extends Error {
  /** @param chunk what the payload parses to, whose keys are named */
  constructor(what: string, payload: string, chunk?: unknown) {
    super(`A payload of the stream ${what}: ${payload.length} characters${keysOf(chunk)}.`);
    this.name = 'MalformedChunkError';
  }
}

/** A payload is no JSON. */
export class NotJsonError extends MalformedChunkError {
  constructor(payload: string) {
    super(`is not JSON${position(payload)}`, payload);
    this.name = 'NotJsonError';
  }
}

/** A body that is no answer of a model, such as a page of HTML. */
export class NoAnswerError extends Error {
  constructor(contentType: string, first: string) {
    super(`A body of type ${JSON.stringify(contentType)} begins with ${JSON.stringify(first)}.`);
    this.name = 'NoAnswerError';
  }
}

/** The provider said in its stream that it failed. */
export class StatedFaultError extends Error {
  constructor(readonly fault: ProviderFault) {
    super(fault.message ?? 'The provider reported an error in its stream.');
    this.name = 'StatedFaultError';
  }
}

/** The stream ended before the answer did: there was no `finish_reason`. */
export class EndedEarlyError extends Error {
  constructor(message = 'The stream ended without a finish_reason.') {
    super(message);
    this.name = 'EndedEarlyError';
  }
}

/** The answer is larger than any real one: the provider is in a loop. */
export class AnswerTooLargeError extends Error {
  constructor(
    /** What there is more of than there may be, such as `1000 tool calls`. */
    readonly limit: string,
  ) {
    super(`The answer has more than ${limit}.`);
    this.name = 'AnswerTooLargeError';
  }
}

/** The names of the first members. One that is no plain word may be text of a conversation. */
function keysOf(chunk: unknown): string {
  if (!isObject(chunk)) return '';
  const names = Object.keys(chunk).filter((key) => /^\w{1,40}$/.test(key));
  return names.length === 0 ? '' : ` with ${names.slice(0, 10).join(', ')}`;
}

/** Where JSON breaks. V8 says it in a sentence that may quote the text around that place. */
function position(payload: string): string {
  try {
    JSON.parse(payload);
  } catch (error) {
    const { message } = error as SyntaxError;
    if (message === 'Unexpected end of JSON input') return ' to its end';
    const at = / JSON at position (\d+)/.exec(message)?.[1];
    if (at !== undefined) return ` from position ${at}`;
  }
  return '';
}
