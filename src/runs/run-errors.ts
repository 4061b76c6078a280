import { ProblemError } from '../http/problem.js';

export class RunNotFoundError extends ProblemError {
  constructor(id: string) {
    super('run_not_found', `There is no run ${JSON.stringify(id.slice(0, 64))}.`);
  }
}

/** The run was there once and has been swept. */
export class RunExpiredError extends ProblemError {
  constructor(id: string) {
    super('run_expired', `The run ${id} is no longer kept.`);
  }
}

/** A reader asked for a place in the log that does not exist. */
export class PositionInvalidError extends ProblemError {
  constructor(detail: string) {
    super('position_invalid', detail);
  }
}

export class SessionBusyError extends ProblemError {
  constructor(sessionId: string, runId: string) {
    super(
      'session_busy',
      `The session ${sessionId} already has the run ${runId}. Wait for it, or send "on_busy": "queue".`,
      { retryable: true, members: { run_id: runId } },
    );
  }
}

export class IdempotencyConflictError extends ProblemError {
  constructor(runId: string) {
    super(
      'idempotency_conflict',
      'This Idempotency-Key was used with another body. Use a new key for a new request.',
      { members: { run_id: runId } },
    );
  }
}

export class OverloadedError extends ProblemError {
  constructor(limit: number) {
    super('overloaded', `All ${limit} places for active runs are taken. Try again soon.`, {
      retryable: true,
      retryAfter: 1,
    });
  }
}

/** The reason with which a run's signal is aborted when it is cancelled. */
export class RunCancelledError extends Error {
  override readonly name = 'RunCancelledError';
}

/** The reason with which a run's signal is aborted when it is left to its next owner, unsettled. */
export class RunReleasedError extends Error {
  override readonly name = 'RunReleasedError';
}

/**
 * A run whose owner died in the middle of it, and that cannot be continued. By the code of what had
 * happened to the service; the same request can be sent again.
 */
export class RunInterruptedError extends ProblemError {
  constructor(detail: string) {
    super('shutting_down', detail, { retryable: true });
  }
}

/** An append by an owner that has lost the run to a later one. Never reaches a caller. */
export class StaleEpochError extends Error {
  override readonly name = 'StaleEpochError';
  constructor(runId: string, epoch: number) {
    super(`Epoch ${epoch} of run ${runId} is over.`);
  }
}
