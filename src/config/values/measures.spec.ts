import { describe, expect, it } from '@jest/globals';
import { byteSize, duration, LONGEST_TIMER_MS } from './measures.js';

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['20s', 20_000],
    ['15m', 900_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['1.5s', 1500],
    ['20 S', 20_000],
  ])('reads %j in milliseconds', (value, expected) => {
    expect(duration().parse(value)).toBe(expected);
  });

  it.each([
    [20, 20_000],
    ['20', 20_000],
    [0.5, 500],
  ])('takes the plain number %j as seconds', (value, expected) => {
    expect(duration().parse(value)).toBe(expected);
  });

  it.each([['soon'], ['20 parsecs'], ['-1s'], [-1], [''], ['s'], ['1s2'], [[20]], [true], [null]])(
    'refuses %j',
    (value) => {
      expect(duration().parse(value)).toBeUndefined();
    },
  );

  it('allows 0 only where it is asked for', () => {
    expect(duration().parse(0)).toBeUndefined();
    expect(duration({ min: 0 }).parse(0)).toBe(0);
  });

  it('refuses what a timer cannot wait, since it would fire at once', () => {
    expect(duration().parse(`${LONGEST_TIMER_MS}ms`)).toBe(LONGEST_TIMER_MS);
    expect(duration().parse(`${LONGEST_TIMER_MS + 1}ms`)).toBeUndefined();
    expect(duration().parse('25d')).toBeUndefined();
  });
});

describe('a number of bytes', () => {
  it.each([
    ['1mb', 1_048_576],
    ['512kb', 524_288],
    ['2MB', 2_097_152],
    ['1gb', 1_073_741_824],
    ['100b', 100],
    ['1048576', 1_048_576],
    [2048, 2048],
  ])('reads %j', (value, expected) => {
    expect(byteSize.parse(value)).toBe(expected);
  });

  it.each([['1m'], ['big'], [0], ['-1kb'], ['']])('refuses %j', (value) => {
    expect(byteSize.parse(value)).toBeUndefined();
  });
});
