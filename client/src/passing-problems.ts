import type { ProblemError, UnexpectedAnswerError } from './errors.js';

/** Of a service that will be there again. */
const PASSING = new Set(['shutting_down', 'overloaded', 'storage_unavailable', 'internal']);

/** Whether a refusal of a request that was sent again says nothing yet of its run. */
export function isPassing(error: ProblemError): boolean {
  return PASSING.has(error.code);
}

/** Of a proxy, to a request that may be repeated as it is (RFC 9110, 15.5.9; 6585, 4; 8470, 5.2). */
const PASSING_STATUS = new Set([408, 425, 429]);

/** Whether what stands where the service was is there while it is away. */
export function isPassingAnswer({ status }: UnexpectedAnswerError): boolean {
  return status < 400 || status >= 500 || PASSING_STATUS.has(status);
}
