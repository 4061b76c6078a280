import { tearsPair } from '../turn/text-pieces.js';
import type { Seam } from './seam.js';
import { isWordBorder } from './word-border.js';

/** How long a repetition must be to be taken for one, in characters (code points). */
const SHORTEST = 8;

/**
 * For a model that was asked to go on: some say the last words again. An overlap, the end of the
 * partial text that the new text begins with, is dropped if it has 8 characters and begins at a word
 * border, or is the whole partial text; the longest counts. Shorter ones are chance. Text is held
 * back only while an overlap can still become longer.
 *
 * It is the search of Knuth, Morris and Pratt for a pattern that grows: the new text is looked for in
 * the partial one, always at its leftmost place. Neither is ever gone through again, so a megabyte of
 * one letter takes linear time too.
 */
export class EchoSeam implements Seam {
  /** The new text while it is held back, by its UTF-16 units. */
  #held: number[] = [];
  /** For each beginning of `#held`, by its length: the longest shorter one that it ends with. */
  #shorter: number[] = [0];
  /** How far the partial text has been searched. */
  #searched = 0;
  /** How many units of `#held` end there. */
  #matched = 0;
  #decided = false;
  /** The last place where an overlap may begin: long enough, or the whole partial text. */
  readonly #latest: number;

  constructor(private readonly partial: string) {
    let latest = partial.length;
    for (let count = 0; count < SHORTEST && latest > 0; count += 1) {
      latest -= tearsPair(partial, latest - 1) ? 2 : 1;
    }
    this.#latest = latest;
  }

  take(piece: string): string {
    if (this.#decided) return piece;
    for (let at = 0; at < piece.length; at += 1) {
      this.#hold(piece.charCodeAt(at));
      const overlap = this.#search(true);
      if (overlap !== undefined) return this.#decide(overlap) + piece.slice(at + 1);
    }
    return '';
  }

  end(): string {
    if (this.#decided || this.#held.length === 0) return '';
    return this.#decide(this.#search(false) ?? 0);
  }

  #hold(unit: number): void {
    const held = this.#held;
    const last = held.length;
    held.push(unit);
    if (last === 0) {
      this.#shorter.push(0);
      return;
    }
    let length = this.#shorter[last]!;
    while (length > 0 && held[length] !== unit) length = this.#shorter[length]!;
    this.#shorter.push(held[length] === unit ? length + 1 : 0);
  }

  /**
   * @param growing whether more text may come: a place where all of it fits is then a reason to wait
   * @returns the length of the overlap; undefined while it may become longer
   */
  #search(growing: boolean): number | undefined {
    const { partial } = this;
    const held = this.#held;
    const shorter = this.#shorter;
    let searched = this.#searched;
    let matched = this.#matched;
    for (;;) {
      if (matched === held.length) {
        const isEnd = searched === partial.length;
        if ((isEnd || growing) && this.#counts(searched - matched)) {
          this.#searched = searched;
          this.#matched = matched;
          return isEnd ? matched : undefined;
        }
        matched = shorter[matched]!;
      }
      if (searched === partial.length) break;
      const unit = partial.charCodeAt(searched);
      while (matched > 0 && held[matched] !== unit) matched = shorter[matched]!;
      if (held[matched] === unit) matched += 1;
      searched += 1;
    }
    while (matched > 0 && !this.#counts(partial.length - matched)) matched = shorter[matched]!;
    return matched;
  }

  #counts(start: number): boolean {
    return start <= this.#latest && isWordBorder(this.partial, start);
  }

  /** @returns what follows the overlap */
  #decide(overlap: number): string {
    this.#decided = true;
    const rest = textOf(this.#held, overlap);
    this.#held = this.#shorter = [];
    return rest;
  }
}

/** By slices, since a call takes only so many arguments. */
function textOf(units: readonly number[], start: number): string {
  const slices: string[] = [];
  for (let at = start; at < units.length; at += 4_096) {
    slices.push(String.fromCharCode(...units.slice(at, at + 4_096)));
  }
  return slices.join('');
}
