import { catchError, map, takeUntil, type MonoTypeOperatorFunction } from 'rxjs';
import { ShuttingDownError, type Lifecycle } from '../http/lifecycle.js';
import { ProblemError } from '../http/problem.js';
import type { Run } from '../runs/run.js';
import { RunUndeliveredError } from '../agent/run-undelivered-error.js';

/**
 * Waits for what comes of a run for as long as it can come: until the process is about to end, or the
 * log cannot be read on. Errors with `RunUndeliveredError` then.
 */
export function whileDeliverable<T>(
  run: Run,
  { graceOver }: Lifecycle,
): MonoTypeOperatorFunction<T> {
  const leave = (): never => {
    throw new ShuttingDownError();
  };
  return (source) =>
    source.pipe(
      takeUntil(graceOver.pipe(map(leave))),
      catchError((error: unknown) => {
        throw error instanceof ProblemError ? new RunUndeliveredError(run, error) : error;
      }),
    );
}
