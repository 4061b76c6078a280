import { ProblemError } from '../http/problem.js';

export class AgentNotFoundError extends ProblemError {
  constructor(id: string, known: readonly string[]) {
    super(
      'agent_not_found',
      `There is no agent ${JSON.stringify(id)}. The agents are: ${known.join(', ')}.`,
    );
  }
}

/** The agent, the model or the key that had begun an answer is not there any more. */
export class AnswererGoneError extends ProblemError {
  constructor(cause: ProblemError) {
    super('model_unavailable', `The answer cannot be gone on with. ${cause.message}`, {
      retryable: true,
      cause,
    });
  }
}
