import type { OfferedTool } from '../chat-request.js';

/** What the assistant knows to use a tool for. */
export type Purpose = 'arithmetic' | 'clock' | 'search';

const WORDS: Readonly<Record<Purpose, RegExp>> = {
  arithmetic:
    /\b(?:calc\w*|arithmetic\w*|math\w*|evaluate\w*|expressions?|comput(?:e|es|ation)|sums?|add)\b/,
  clock: /\b(?:time|date|datetime|clock|now|today|timezones?)\b/,
  search: /\b(?:search\w*|retriev\w*|look ?up|find|docs?|documents?|documentation|knowledge)\b/,
};
const PURPOSES = Object.keys(WORDS) as Purpose[];

/** What a tool is for, by its name, or else by its description; undefined: something else. */
export function purposeOf({ name, description }: OfferedTool): Purpose | undefined {
  const spoken = name.replace(/([a-z\d])([A-Z])/g, '$1 $2').replace(/[^\p{L}\p{N}]+/gu, ' ');
  return purposeIn(spoken) ?? purposeIn(description);
}

function purposeIn(text: string): Purpose | undefined {
  return PURPOSES.find((purpose) => WORDS[purpose].test(text.toLowerCase()));
}
