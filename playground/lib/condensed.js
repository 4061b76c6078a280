/** The most values that a chart has. */
const MOST = 120;

/**
 * A list of values that never has more than {@link MOST}: where there would be more, each two become one.
 */
export class Condensed {
  /** @type {number[]} */
  values = [];
  /** How many of what was given are in each value. */
  each = 1;
  #given = 0;
  #join;

  /** @param {(one: number, other: number) => number} join what two values become */
  constructor(join) {
    this.#join = join;
  }

  /** Puts a value behind all others. @param {number} value */
  push(value) {
    this.add(this.#given, value);
  }

  /** Joins a value with what is there already. @param {number} place from 0, never before the last one @param {number} value */
  add(place, value) {
    while (Math.floor(place / this.each) >= MOST) this.#halve();
    const at = Math.floor(place / this.each);
    while (this.values.length <= at) this.values.push(0);
    this.values[at] = this.#join(this.values[at], value);
    this.#given = Math.max(this.#given, place + 1);
  }

  #halve() {
    const halved = [];
    for (let at = 0; at < this.values.length; at += 2) {
      halved.push(this.#join(this.values[at], this.values[at + 1] ?? 0));
    }
    this.values = halved;
    this.each *= 2;
  }
}
