import { termsOf } from './terms.js';

/** Words that point back at what was said. */
const POINTS_BACK =
  /\b(?:it|its|that|this|they|them|their|those|these|there|then|one|ones|same|instead|else|such)\b/i;

/** How a question begins that goes on with the one before. */
const GOES_ON = /^\W*(?:and|but|or|so|also|what about|how about|what if|why|in which case|for)\b/i;

/** Most terms of a question that is too short to stand by itself. */
const SHORT = 2;

/** Whether a question can only be understood after the one before it. */
export function isFollowUp(question: string): boolean {
  return termsOf(question).length <= SHORT || GOES_ON.test(question) || POINTS_BACK.test(question);
}
