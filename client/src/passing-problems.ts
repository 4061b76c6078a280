import type { ProblemError } from './errors.js';

/** Of a service that will be there again. */
const PASSING = new Set(['shutting_down', 'overloaded', 'storage_unavailable', 'internal']);

/** Whether a refusal of a request that was sent again says nothing yet of its run. */
export function isPassing(error: ProblemError): boolean {
  return PASSING.has(error.code);
}
