import type { FailureChunk, Problem } from './types.js';

/** Everything that this library throws of its own. An abort is the `AbortSignal`'s reason instead. */
export class AgnoError extends Error {
  override name = 'AgnoError';
}

/** The service was never reached: nothing has been started. */
export class UnreachableError extends AgnoError {
  override name = 'UnreachableError';

  constructor(
    /** Where it was looked for. */
    readonly url: string,
    options?: ErrorOptions,
  ) {
    super(`Nothing answers at ${url}`, options);
  }
}

/** Something answers, but it does not speak this API: another service, or a proxy's own page. */
export class UnexpectedAnswerError extends AgnoError {
  override name = 'UnexpectedAnswerError';

  constructor(
    readonly status: number,
    /** The media type of what it said. */
    readonly contentType: string,
    url: string,
    /** After how long to try again, in milliseconds, where it says that. */
    readonly retryAfter?: number,
  ) {
    super(
      `${url} answered ${status} with ${contentType || 'no media type'}: that is not this service`,
    );
  }
}

/** The service refused: problem details (RFC 9457). */
export class ProblemError extends AgnoError {
  override name = 'ProblemError';
  /** The HTTP status. */
  readonly status: number;
  /** What is wrong, for programs. */
  readonly code: Problem['code'];

  constructor(
    readonly problem: Problem,
    /** After how long to try again, in milliseconds, where the service says it. */
    readonly retryAfter?: number,
  ) {
    super(problem.detail);
    this.status = problem.status;
    this.code = problem.code;
  }

  /** The run that failed, or that holds what was asked for, where there is one. */
  get runId(): string | undefined {
    return this.problem.run_id;
  }
}

/** The answer failed after it had begun. */
export class RunFailedError extends AgnoError {
  override name = 'RunFailedError';
  /** What went wrong, for programs. */
  readonly code: string;
  /** Whether the same may succeed when it is asked again. */
  readonly retryable: boolean;
  readonly runId: string;

  constructor(
    readonly chunk: FailureChunk,
    /** The text until then: it stays valid. Empty where the reader began in the middle. */
    readonly partial: string,
  ) {
    super(chunk.error.message);
    this.code = chunk.error.code;
    this.retryable = chunk.error.retryable;
    this.runId = chunk.run_id;
  }
}

/** The connection was lost and did not come back in time. The run may go on without its reader. */
export class StreamLostError extends AgnoError {
  override name = 'StreamLostError';

  constructor(
    /** What `resume` takes; undefined where the answer's headers never came. */
    readonly runId: string | undefined,
    /** The last event that was seen; 0: none. */
    readonly position: number,
    options?: ErrorOptions,
  ) {
    super(`The connection was lost after event ${position} and did not come back`, options);
  }
}
