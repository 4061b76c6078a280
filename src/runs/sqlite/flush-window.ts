/** Up to so many writes a millisecond, each is flushed at once. */
const QUIET = 0.5;

/** From so many writes a millisecond on, the window does not grow any more. */
const BUSY = 4;

/** The longest window, in milliseconds. */
const LONGEST = 4;

/** For how long a load is remembered, in milliseconds: an exponential average. */
const MEMORY = 100;

/**
 * How long a flush waits for more writes to join its transaction: not at all while little is going
 * on, and longer the more there is. What a transaction costs is then shared by many.
 */
export class FlushWindow {
  /** Writes a millisecond. */
  #rate = 0;

  /** @param openedAt the time, by a monotonic clock in milliseconds */
  constructor(private openedAt: number) {}

  /** Takes note of a flush of so many writes. */
  flushed(writes: number, now: number): void {
    const elapsed = Math.max(now - this.openedAt, 0.1);
    this.openedAt = now;
    const weight = 1 - Math.exp(-elapsed / MEMORY);
    this.#rate += weight * (writes / elapsed - this.#rate);
  }

  /** Milliseconds to wait; 0 for the end of this turn of the event loop. */
  get length(): number {
    const load = (this.#rate - QUIET) / (BUSY - QUIET);
    return Math.round(LONGEST * Math.min(Math.max(load, 0), 1));
  }
}
