import type { RunEventBody } from '../run-event.js';
import { NO_OUTCOME, type RunContext, type RunOutcome, type RunWork } from '../run-work.js';

/** Work that is written as a generator: what it yields is appended before it goes on. */
export function inSteps(
  steps: (context: RunContext) => AsyncGenerator<readonly RunEventBody[], RunOutcome, void>,
): RunWork {
  return async (context) => {
    const events = steps(context);
    try {
      for (;;) {
        const step = await events.next();
        if (step.done) return step.value;
        await context.append(step.value);
      }
    } finally {
      await events.return(NO_OUTCOME);
    }
  };
}
