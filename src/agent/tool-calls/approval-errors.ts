import { ProblemError } from '../../http/problem.js';

/** Nobody was asked to decide on such a call. */
export class ApprovalNotFoundError extends ProblemError {
  constructor(runId: string, callId: string) {
    const id = JSON.stringify(callId.slice(0, 64));
    super('approval_not_found', `No tool call ${id} of the run ${runId} needs approval.`);
  }
}

/** Somebody has decided on the call before, or nobody has in time. */
export class ApprovalDecidedError extends ProblemError {
  constructor(runId: string, callId: string) {
    const id = JSON.stringify(callId.slice(0, 64));
    super('approval_decided', `The tool call ${id} of the run ${runId} has been decided on.`);
  }
}

/** Nobody has decided in time, and the agent's policy is to fail then. */
export class ApprovalTimeoutError extends ProblemError {
  constructor() {
    super('approval_timeout', 'Nobody has decided on the tool calls in time.', { retryable: true });
  }
}
