const BREAK = '\n\n';

/**
 * What stands between the text of one turn and that of the next, so that they do not run into each other:
 * it belongs to the answer, and no model has said it.
 * @param before all text of the turns before
 */
export function paragraphBreak(before: string): string {
  return before === '' || /\s$/.test(before) ? '' : BREAK;
}
