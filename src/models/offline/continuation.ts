/** Says that an answer does not go on as it began. */
const BEGUN_AGAIN =
  '\n\n*(This answer was cut here. I cannot go on with it word for word: the documents have changed ' +
  'since, or the words are not mine. So I begin again.)*\n\n';

/** The part of an answer that comes after its beginning; undefined where it begins otherwise. */
export function restOf(whole: string, beginning: string): string | undefined {
  return whole.startsWith(beginning) ? whole.slice(beginning.length) : undefined;
}

/**
 * What comes after the beginning of an answer: its rest. Where the answer would now be another one,
 * it is said that it begins again, and then it does: no words are passed off as the rest of others.
 */
export function truthfulRest(whole: string, beginning: string): string {
  const again = beginning.lastIndexOf(BEGUN_AGAIN.trimEnd());
  const begun = again < 0 ? '' : beginning.slice(0, again) + BEGUN_AGAIN;
  return restOf(whole, beginning) ?? restOf(begun + whole, beginning) ?? BEGUN_AGAIN + whole;
}
