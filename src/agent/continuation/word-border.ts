import { tearsPair } from '../turn/text-pieces.js';

/** Scripts that put no spaces between words: a word may begin before each of their characters. */
const WITHOUT_SPACES =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Bopomofo}\p{scx=Yi}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}\p{scx=Tibetan}\p{scx=Javanese}\p{scx=Balinese}]/u;

/** What belongs to the character before it. */
const ATTACHED = /[\p{M}\u200d]/u;

const JOINER = '\u200d';

const WORD = /[\p{L}\p{N}\p{M}_]/u;
const SPACE = /\s/u;

/**
 * Whether a word may begin at a place in a text: at the beginning of the text and of a line, where
 * letters and digits, white space and other signs follow one another, and before each character of a
 * script that writes without spaces. Never inside a character: before a combining mark, within a
 * joined emoji or a surrogate pair.
 */
export function isWordBorder(text: string, at: number): boolean {
  if (at === 0) return true;
  if (tearsPair(text, at)) return false;
  const after = String.fromCodePoint(text.codePointAt(at)!);
  const before = tearsPair(text, at - 1) ? text.slice(at - 2, at) : text.charAt(at - 1);
  if (ATTACHED.test(after) || before === JOINER) return false;
  // Else an indented line that is said again would not count from its beginning.
  if (before === '\n') return true;
  const kind = kindOf(after);
  return kind === 'apart' || kind !== kindOf(before);
}

function kindOf(character: string): 'word' | 'space' | 'sign' | 'apart' {
  if (WORD.test(character)) {
    return character > '\u007f' && WITHOUT_SPACES.test(character) ? 'apart' : 'word';
  }
  return SPACE.test(character) ? 'space' : 'sign';
}
