/** A server that has worked for so long, in milliseconds, is started again at once. */
const WORKED_WELL_MS = 60_000;

const FIRST_MS = 500;
const LONGEST_MS = 60_000;

/** How long to wait before a server that has ended, or could not be started, is started again. */
export class RestartDelay {
  #failures = 0;

  /** @param random between 0 and 1, so that servers which fell together do not rise together */
  constructor(private readonly random: () => number = Math.random) {}

  /**
   * In milliseconds: none after it has worked well, else half a second, doubled each time up to a
   * minute, of which a random part of at most half is left out.
   * @param workedMs how long it has worked this time
   */
  after(workedMs: number): number {
    if (workedMs > WORKED_WELL_MS) {
      this.#failures = 0;
      return 0;
    }
    // Bounded, since 2 ** 1100 is infinite.
    this.#failures = Math.min(this.#failures + 1, 20);
    const longest = Math.min(FIRST_MS * 2 ** (this.#failures - 1), LONGEST_MS);
    return Math.round(longest * (1 - this.random() / 2));
  }
}
