/**
 * Joins the text of a further model call to the partial text that readers already have: text that
 * the model says twice is dropped, and nothing else. Made for one call.
 */
export interface Seam {
  /**
   * Takes the next piece of the new text.
   * @returns what is to be appended now; '' while it may still be a repetition
   * @throws NotContinuedError when the new text is no continuation of the partial one
   */
  take(piece: string): string;

  /**
   * The model has finished.
   * @returns what was held back until now
   * @throws NotContinuedError as `take` does
   */
  end(): string;
}

/** The new text does not go on with the partial one. */
export class NotContinuedError extends Error {
  override readonly name = 'NotContinuedError';
}
