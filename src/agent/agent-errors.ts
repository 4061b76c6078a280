import { ProblemError } from '../http/problem.js';

export class AgentNotFoundError extends ProblemError {
  constructor(id: string, known: readonly string[]) {
    super(
      'agent_not_found',
      `There is no agent ${JSON.stringify(id)}. The agents are: ${known.join(', ')}.`,
    );
  }
}

/** A request has chosen a model that its agent is not to be asked with. */
export class ModelNotAllowedError extends ProblemError {
  constructor(name: string, agent: string, allowed: readonly string[]) {
    super(
      'model_not_found',
      `The agent ${agent} is not to be asked with ${JSON.stringify(name)}. It may be asked with: ${allowed.join(', ')}.`,
    );
  }
}

/** A request has images for a model that cannot see. */
export class ImagesNotSupportedError extends ProblemError {
  constructor(name: string, seeing: readonly string[]) {
    const others =
      seeing.length === 0 ? 'No model that can be asked can.' : `These can: ${seeing.join(', ')}.`;
    super('images_not_supported', `The model ${name} cannot see images. ${others}`);
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
