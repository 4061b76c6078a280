import { ProblemError } from '../http/problem.js';

/** A run that took longer than its request or its agent allows. */
export class RunTimeoutError extends ProblemError {
  constructor(limitMs: number) {
    super('run_timeout', `The run took longer than the ${limitMs / 1000} s that it may.`, {
      retryable: true,
    });
  }
}

/** A timer cannot be set for longer, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Ends a run that takes too long. Time in which it waits for a decision of its caller's is not counted. */
export class RunDeadline {
  readonly #controller = new AbortController();
  /** Aborted when the run is to end, for whichever reason. */
  readonly signal: AbortSignal;
  #timer: NodeJS.Timeout | undefined;
  #leftMs: number;
  #runningSince = 0;

  /**
   * @param limitMs the longest time in milliseconds; undefined: none
   * @param spentMs what has been used of it
   * @param stop what else ends the run
   */
  constructor(
    private readonly limitMs: number | undefined,
    spentMs: number,
    stop: AbortSignal,
  ) {
    this.#leftMs = (limitMs ?? Infinity) - spentMs;
    this.signal = limitMs === undefined ? stop : AbortSignal.any([stop, this.#controller.signal]);
    this.resume();
  }

  pause(): void {
    if (this.#timer === undefined) return;
    this.clear();
    this.#leftMs -= performance.now() - this.#runningSince;
  }

  resume(): void {
    const { limitMs } = this;
    if (limitMs === undefined || this.#timer !== undefined || this.#leftMs > LONGEST_TIMER) return;
    this.#runningSince = performance.now();
    this.#timer = setTimeout(
      () => this.#controller.abort(new RunTimeoutError(limitMs)),
      Math.max(0, this.#leftMs),
    );
  }

  /** To be called in any case: a timer would keep the process alive. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
