/**
 * A kind of value that a setting or a field of a file takes. A value from the environment is text,
 * and one from a file may have been taken from it, so every kind reads its text form too.
 */
export interface ValueType<T> {
  /** What is allowed, in words that end the sentence "found …, allowed: …". */
  readonly allowed: string;
  /** The value, or undefined where it is none of this kind. */
  parse(value: unknown): T | undefined;
  /** Which part of a refused value is at fault, for kinds that are made of parts. */
  culprit?(value: unknown): Culprit | undefined;
  /** A refused text without the secrets that one of this kind may hold. */
  masked?(value: string): string;
}

/** The part of a value that is at fault. */
export interface Culprit {
  /** Its key or its index. */
  readonly key: string | number;
  readonly value: unknown;
  readonly allowed: string;
}

/** Whether a value is a map, as YAML and JSON know it. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
