/** The least that is told apart, in milliseconds. */
const LEAST = 0.1;

/** How much larger a step is than the one before: what is told is wrong by half of that at most. */
const STEP = 1.02;

/** What so many of the times were below, to one percent, however many there were. */
export class Quantiles {
  /** How many times were on each step. @type {number[]} */
  #steps = [];
  count = 0;
  longest = 0;

  /** @param {number} ms */
  add(ms) {
    const step = ms < LEAST ? 0 : 1 + Math.round(Math.log(ms / LEAST) / Math.log(STEP));
    this.#steps[step] = (this.#steps[step] ?? 0) + 1;
    this.count++;
    this.longest = Math.max(this.longest, ms);
  }

  /** In milliseconds; undefined: there were none. @param {number} share from 0 to 1 */
  at(share) {
    let below = 0;
    for (const step of Object.keys(this.#steps).map(Number)) {
      below += this.#steps[step];
      if (below < share * this.count) continue;
      return step === 0 ? 0 : Math.min(this.longest, LEAST * STEP ** (step - 1));
    }
    return undefined;
  }
}
