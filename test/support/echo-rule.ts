/*
 * What is to come of an answer that is gone on with, by the rule as docs/models.md tells it and as
 * plainly as it can be written: every overlap is tried, the longest first.
 */

/** The text that readers are to have, of a partial one and what a model then said on instruction. */
export function joinedByInstruction(partial: string, next: string): string {
  for (let length = Math.min(partial.length, next.length); length > 0; length -= 1) {
    const overlap = next.slice(0, length);
    if (partial.endsWith(overlap) && counts(partial, overlap)) return partial + next.slice(length);
  }
  return partial + next;
}

function counts(partial: string, overlap: string): boolean {
  const start = partial.length - overlap.length;
  if (start === 0) return true;
  return [...overlap].length >= 8 && beginsWord(partial, start);
}

const WITHOUT_SPACES =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}ー。、，]/u;

function beginsWord(text: string, at: number): boolean {
  const before = [...text.slice(0, at)].at(-1)!;
  const after = [...text.slice(at)][0]!;
  // Half a surrogate pair, and what belongs to the character before it, begin nothing.
  if (/^[\udc00-\udfff]/.test(text.slice(at)) && /[\ud800-\udbff]$/.test(text.slice(0, at))) {
    return false;
  }
  if (/^[\p{M}\u200d]/u.test(after) || before === '\u200d') return false;
  return before === '\n' || kindOf(before) !== kindOf(after) || WITHOUT_SPACES.test(after);
}

function kindOf(character: string): string {
  if (/[\p{L}\p{N}\p{M}_]/u.test(character)) return 'word';
  return /\s/u.test(character) ? 'space' : 'sign';
}
