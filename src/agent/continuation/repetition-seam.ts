import { NotContinuedError, type Seam } from './seam.js';

/** For a model that answers anew: its answer counts only if it begins with the partial text. */
export class RepetitionSeam implements Seam {
  #repeated = 0;

  constructor(private readonly partial: string) {}

  take(piece: string): string {
    const expected = Math.min(piece.length, this.partial.length - this.#repeated);
    if (!this.partial.startsWith(piece.slice(0, expected), this.#repeated)) {
      throw new NotContinuedError('The new answer does not begin as the first one did.');
    }
    this.#repeated += expected;
    return piece.slice(expected);
  }

  end(): string {
    if (this.#repeated < this.partial.length) {
      throw new NotContinuedError('The new answer ended before it had come as far as the first.');
    }
    return '';
  }
}
