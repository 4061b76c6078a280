import { ProblemError } from '../http/problem.js';
import type { Run } from '../runs/run.js';

/**
 * The answer of a run that cannot be waited for here and now, where it can still be a status. The run
 * itself goes on, here or with its next owner: its id says where the answer will be.
 */
export class RunUndeliveredError extends ProblemError {
  constructor(run: Run, { code, message, retryable, retryAfter, cause }: ProblemError) {
    super(code, message, {
      cause,
      retryable,
      ...(retryAfter !== undefined && { retryAfter }),
      members: { run_id: run.id, session_id: run.sessionId, retryable },
    });
  }
}
