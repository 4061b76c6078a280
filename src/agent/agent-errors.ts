import { ProblemError } from '../http/problem.js';

export class AgentNotFoundError extends ProblemError {
  constructor(id: string, known: readonly string[]) {
    super(
      'agent_not_found',
      `There is no agent ${JSON.stringify(id)}. The agents are: ${known.join(', ')}.`,
    );
  }
}
