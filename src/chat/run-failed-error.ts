import { ProblemError } from '../http/problem.js';
import type { RunFailure } from '../runs/run-event.js';
import type { Run } from '../runs/run.js';

/** The answer of a run that failed, where it can still be a status: JSON, or before a stream. */
export class RunFailedError extends ProblemError {
  /** @param partial The text that came before the failure. */
  constructor(run: Run, failure: RunFailure, partial: string) {
    const { code, message, retryable, retryAfter } = failure;
    super(code, message, {
      retryable,
      ...(retryAfter !== undefined && { retryAfter }),
      members: { run_id: run.id, session_id: run.sessionId, retryable, partial },
    });
  }
}
