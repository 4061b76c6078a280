import type { RunEvent } from './run-event.js';
import type { NextEvents, PageLimit } from './run-log.js';

const NONE: readonly RunEvent[] = [];
const NOTHING = (): void => {};

/** The events of a log after a position. */
export type PageOf = (after: number, limit: PageLimit) => readonly RunEvent[];

interface Waiting {
  readonly after: number;
  readonly limit: PageLimit;
  resolve(this: void, page: readonly RunEvent[]): void;
  reject(this: void, error: unknown): void;
}

/** The readers of one log that have met its end. */
export class WaitingReaders {
  #waiting = new Set<Waiting>();

  wait(after: number, limit: PageLimit): NextEvents {
    const { promise, resolve, reject } = Promise.withResolvers<readonly RunEvent[]>();
    const waiting = { after, limit, resolve, reject };
    this.#waiting.add(waiting);
    const cancel = (): void => {
      this.#waiting.delete(waiting);
      resolve(NONE);
    };
    return { page: promise, isThere: false, cancel };
  }

  /** There is more to read. */
  wake(pageOf: PageOf): void {
    for (const { after, limit, resolve, reject } of this.#takeAll()) {
      try {
        resolve(pageOf(after, limit));
      } catch (error) {
        reject(error);
      }
    }
  }

  /** There is nothing to wait for any longer: whoever asks again is told why. */
  release(): void {
    for (const { resolve } of this.#takeAll()) resolve(NONE);
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

/** Events that nobody has to wait for. */
export function eventsAtHand(page: readonly RunEvent[]): NextEvents {
  return { page: Promise.resolve(page), isThere: true, cancel: NOTHING };
}

/** A wait that has failed before it began. */
export function failedWait(error: Error): NextEvents {
  const page = Promise.reject<readonly RunEvent[]>(error);
  // A reader that leaves at once never looks at it.
  page.catch(NOTHING);
  return { page, isThere: true, cancel: NOTHING };
}
