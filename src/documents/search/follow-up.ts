import { termsOf } from './terms.js';

/** How a question begins that goes on with the one before. */
const GOES_ON = /^\W*(?:and|but|or|so|also|then|what about|how about|what if|why|in which case)\b/i;

/** What can only mean something that was said. `it` may also mean the service. */
const POINTS_BACK = /\b(?:that|this|those|these|them)\W*$|\bof (?:them|those|these|it)\b/i;

/** Words that may point back. */
const MAY_POINT_BACK = /\b(?:it|its|that|this|they|their)\b/i;

/** Most terms of a question that is too short to be understood where its words are not known. */
const FEW = 2;

/**
 * Whether a question can only be understood after the one before it.
 *
 * @param isClear whether what it asks for is known by its own words
 */
export function isFollowUp(question: string, isClear: boolean): boolean {
  if (GOES_ON.test(question) || POINTS_BACK.test(question)) return true;
  const terms = termsOf(question).length;
  return isClear ? terms < FEW && MAY_POINT_BACK.test(question) : terms <= FEW;
}
