import { ConfigError } from '../config-error.js';
import { isMap } from '../values/value-type.js';
import { nearest } from './nearest.js';

/** Where a value stands: map keys, and indices of lists. */
export type KeyPath = readonly (string | number)[];

/** Longer values are cut: a fault is one readable line. */
const LONGEST_SHOWN = 80;

/** The faults that were found, each a line. */
export class Faults {
  private readonly lines = new Map<string, string>();

  /** One fault a place and path: what follows from it would only hide it. */
  add(place: string, path: KeyPath | string, problem: string): void {
    const key = typeof path === 'string' ? path : pathText(path);
    const where = key === '' ? place : `${place}: ${key}`;
    if (!this.lines.has(where)) this.lines.set(where, oneLine(`${where}: ${problem}`));
  }

  /** @throws ConfigError with all faults, if there are any. */
  throwIfAny(): void {
    if (this.lines.size > 0) throw new ConfigError([...this.lines.values()]);
  }
}

/** `models.gpt-4o.fallbacks[1]` */
export function pathText(path: KeyPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

/** The problem of a value of the wrong kind. */
export function notAllowed(found: string, allowed: string): string {
  return `found ${found}, allowed: ${allowed}`;
}

/** The problem of a name that is not one of the known, with the one that was probably meant. */
export function notOneOf(found: string, word: string, words: Iterable<string>): string {
  const known = [...words];
  const meant = nearest(word, known);
  const hint = meant === undefined ? '' : ` (did you mean "${meant}"?)`;
  return notAllowed(found, (known.join(', ') || 'none') + hint);
}

/** A value as a fault shows it. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value !== 'string') return kindOf(value);
  // An address holds secrets wherever it stands, as where somebody took one variable for another.
  const safe = value.includes('://') ? maskedAddress(value) : value;
  return JSON.stringify(safe.length > LONGEST_SHOWN ? `${safe.slice(0, LONGEST_SHOWN)}…` : safe);
}

/**
 * An address without its credentials and its query, each of which may be a secret. It need be no
 * valid one: a password with a `/` or a space in it is just what makes an address invalid, so all
 * before the last `@` is taken for credentials.
 */
export function maskedAddress(address: string): string {
  return address.replace(/^(\s*[a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1***@').replace(/[?#].*$/s, '?***');
}

/** The kind of a value, where the value itself would say too much. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (isMap(value)) return 'a map';
  return typeof value === 'string' ? 'a text' : JSON.stringify(value);
}

/** Keys and file names come from outside too, and a line end in one would make two faults of one. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}
