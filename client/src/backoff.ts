/** Timers that are set further than this go off at once, in milliseconds. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Waits, unless the signal says otherwise. @throws the signal's reason */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      // What its caller has given it, whatever that is: `fetch` does the same.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      reject(signal!.reason);
    };
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      },
      Math.min(ms, LONGEST_TIMER_MS),
    );
    signal?.addEventListener('abort', abort, { once: true });
  });
}

const FIRST_MS = 250;
const LONGEST_MS = 5_000;

/** How long to wait before a connection is tried again: doubling, with jitter, from 250 ms to 5 s. */
export class Backoff {
  #attempt = 0;
  #base = FIRST_MS;

  /** @param random from 0 up to 1, for the jitter */
  constructor(private readonly random: () => number = Math.random) {}

  /** The service's own wish (`retry:`), in milliseconds: the shortest wait from now on. */
  set retry(ms: number) {
    this.#base = Math.max(FIRST_MS, ms);
  }

  /** The next wait, in milliseconds. @param atLeast what the last answer asked for (`Retry-After`) */
  next(atLeast = 0): number {
    const grown = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#attempt++);
    const wait = Math.max(grown, this.#base, atLeast);
    // Never sooner than asked for; a crowd that was cut at once comes back over half as long again.
    const jitter = 0.5 * this.random();
    return wait > grown ? wait * (1 + jitter) : wait * (0.5 + jitter);
  }

  /** The connection has brought something: the next cut is a first one. */
  reset(): void {
    this.#attempt = 0;
  }
}
