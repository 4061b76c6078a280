import { ProblemError } from '../../http/problem.js';

/** The answer does not have the shape that was asked for, and could not be brought into it. */
export class OutputInvalidError extends ProblemError {
  constructor(faults: readonly string[], cause?: unknown) {
    super('output_invalid', `The answer does not fit the response_format: ${faults.join('; ')}.`, {
      retryable: true,
      cause,
    });
  }
}
