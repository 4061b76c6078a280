import { ProblemError, StreamLostError, UnreachableError } from 'agno-api-client';

/**
 * What went wrong, as the page shows it.
 *
 * @typedef {object} Fault
 * @property {string} title
 * @property {string} [detail]
 * @property {string} [code]
 * @property {string} [requestId]
 * @property {boolean} retryable
 */

/** @param {unknown} error @returns {Fault} */
export function faultOf(error) {
  if (error instanceof ProblemError) {
    const { problem } = error;
    return {
      title: problem.title,
      detail: problem.detail,
      code: problem.code,
      requestId: problem.request_id,
      retryable: problem.retryable ?? problem.status >= 500,
    };
  }
  if (error instanceof UnreachableError) {
    return { title: 'The service does not answer', detail: error.message, retryable: true };
  }
  if (error instanceof StreamLostError) {
    return { title: 'The connection was lost', detail: error.message, retryable: true };
  }
  const detail = error instanceof Error ? error.message : String(error);
  return { title: 'Something went wrong', detail, retryable: true };
}
