import { numberOf } from './numbers.js';
import type { ValueType } from './value-type.js';

const DURATIONS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZES = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

/** The longest time that a Node timer can wait; with a longer one it fires at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * A time, in milliseconds. A plain number is seconds.
 *
 * @param options.min the shortest, in milliseconds. @default 1
 * @param options.max the longest, in milliseconds. @default what a timer can wait, 24 days
 */
export function duration(options: { min?: number; max?: number } = {}): ValueType<number> {
  const { min = 1, max = LONGEST_TIMER_MS } = options;
  const [unit, size] =
    max < DURATIONS.d ? (['s', DURATIONS.s] as const) : (['d', DURATIONS.d] as const);
  return {
    allowed: `a time such as 500ms, 20s, 15m or 24h (a plain number is seconds), ${
      min === 0 ? '' : 'more than 0, '
    }at most ${Math.floor(max / size)}${unit}`,
    parse: (value) => measured(value, DURATIONS, 's', { min, max }),
  };
}

/** A number of bytes: 1kb is 1024. A plain number is bytes. */
export const byteSize: ValueType<number> = {
  allowed: 'a number of bytes such as 512kb, 1mb or 1048576',
  parse: (value) => measured(value, SIZES, 'b', { min: 1, max: Number.MAX_SAFE_INTEGER }),
};

function measured(
  value: unknown,
  units: Readonly<Record<string, number>>,
  plain: string,
  { min, max }: { min: number; max: number },
): number | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const [, digits, unit] = /^\s*([\d._]+)\s*([a-z]*)\s*$/i.exec(String(value)) ?? [];
  const number = numberOf(digits);
  const factor = units[(unit === '' ? plain : (unit ?? '')).toLowerCase()];
  if (number === undefined || factor === undefined) return undefined;
  const result = Math.round(number * factor);
  return result >= min && result <= max ? result : undefined;
}
