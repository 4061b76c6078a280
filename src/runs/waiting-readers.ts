import type { MoreEvents } from './run-log.js';

const NOTHING = (): void => {};

/** For a reader that has something to read already. */
export const NOTHING_TO_WAIT_FOR: MoreEvents = { arrived: Promise.resolve(), cancel: NOTHING };

interface Waiting {
  resolve(this: void): void;
  reject(this: void, error: Error): void;
}

/** The readers of one log that have met its end. */
export class WaitingReaders {
  #waiting = new Set<Waiting>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  wait(): MoreEvents {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { resolve, reject };
    this.#waiting.add(waiting);
    const cancel = (): void => {
      this.#waiting.delete(waiting);
      resolve();
    };
    return { arrived: promise, cancel };
  }

  /** There is more to read, or nothing to wait for any longer. */
  wake(): void {
    for (const { resolve } of this.#takeAll()) resolve();
  }

  /** There can be nothing to read for now. */
  fail(error: Error): void {
    for (const { reject } of this.#takeAll()) reject(error);
  }

  #takeAll(): Iterable<Waiting> {
    const waiting = this.#waiting;
    if (waiting.size > 0) this.#waiting = new Set();
    return waiting;
  }
}

/** A wait that has failed before it began. */
export function failedWait(error: Error): MoreEvents {
  const arrived = Promise.reject<void>(error);
  // A reader that leaves at once never looks at it.
  arrived.catch(NOTHING);
  return { arrived, cancel: NOTHING };
}
