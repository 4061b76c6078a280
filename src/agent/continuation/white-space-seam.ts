import type { Seam } from './seam.js';

/**
 * For a model that was given the partial text without the white space at its end: as much of that
 * as the new text begins with is dropped. Nothing has to be held back for it.
 */
export class WhiteSpaceSeam implements Seam {
  #at = 0;

  /** @param stripped what the model was not given; '' lets the new text through as it is */
  constructor(private readonly stripped: string) {}

  take(piece: string): string {
    const { stripped } = this;
    let repeated = 0;
    while (
      this.#at < stripped.length &&
      repeated < piece.length &&
      piece[repeated] === stripped[this.#at]
    ) {
      repeated += 1;
      this.#at += 1;
    }
    if (repeated < piece.length) this.#at = stripped.length;
    return piece.slice(repeated);
  }

  end(): string {
    return '';
  }
}
