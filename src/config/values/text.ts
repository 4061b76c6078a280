import type { ValueType } from './value-type.js';

/** Any text that is not blank. */
export const text: ValueType<string> = {
  allowed: 'a text',
  parse: (value) => (typeof value === 'string' && value.trim() !== '' ? value : undefined),
};

/** A text of a certain form; white space around it is dropped. */
export function textOf(allowed: string, form: RegExp): ValueType<string> {
  return {
    allowed,
    parse: (value) => {
      const trimmed = typeof value === 'string' ? value.trim() : '';
      return form.test(trimmed) ? trimmed : undefined;
    },
  };
}

/** One of some words, in any case. */
export function oneOf<T extends string>(words: readonly T[]): ValueType<T> {
  return {
    allowed: words.length === 1 ? `${words[0]}` : `one of ${words.join(', ')}`,
    parse: (value) =>
      typeof value === 'string'
        ? words.find((word) => word === value.trim().toLowerCase())
        : undefined,
  };
}

const YES = ['true', 'yes', 'on', '1'];
const NO = ['false', 'no', 'off', '0'];

/** True or false, also as the words that the environment is full of. */
export const flag: ValueType<boolean> = {
  allowed: 'true or false',
  parse: (value) => {
    if (typeof value === 'boolean') return value;
    const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
    if (YES.includes(word)) return true;
    return NO.includes(word) ? false : undefined;
  },
};

/**
 * A secret that is sent in an HTTP header. Line ends around it, as files have them, are dropped;
 * white space or a typographic quote within would make every request fail.
 */
export const headerSecret = textOf(
  'a text of printable ASCII characters without white space',
  /^[\x21-\x7e]+$/,
);
