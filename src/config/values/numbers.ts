import type { ValueType } from './value-type.js';

/** The number that a value is or spells; `1_000` is 1000. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const digits = value.trim().replace(/(?<=\d)_(?=\d)/g, '');
  return /^-?\d+(\.\d+)?$/.test(digits) ? Number(digits) : undefined;
}

/** A whole number within bounds, both included. */
export function wholeNumber({ min, max }: { min: number; max?: number }): ValueType<number> {
  return {
    allowed:
      max === undefined
        ? `a whole number of at least ${min}`
        : `a whole number from ${min} to ${max}`,
    parse: (value) => {
      const number = numberOf(value);
      return Number.isSafeInteger(number) && within(number!, min, max) ? number : undefined;
    },
  };
}

/** An amount of money or the like. */
export const amount: ValueType<number> = {
  allowed: 'a number of at least 0',
  parse: (value) => {
    const number = numberOf(value);
    return number !== undefined && number >= 0 ? number : undefined;
  },
};

function within(number: number, min: number, max = Number.MAX_SAFE_INTEGER): boolean {
  return number >= min && number <= max;
}
