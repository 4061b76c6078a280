import { describe, expect, it } from '@jest/globals';
import { amount, wholeNumber } from './numbers.js';

describe('a whole number', () => {
  const port = wholeNumber({ min: 0, max: 65_535 });

  it.each([
    [0, 0],
    ['8000', 8000],
    [' 80 ', 80],
    ['1_000', 1000],
    [65_535, 65_535],
  ])('reads %j as %d', (value, expected) => {
    expect(port.parse(value)).toBe(expected);
  });

  it.each([['abc'], ['1.5'], [1.5], [-1], ['65536'], ['0x10'], ['1e3'], ['1__0'], [''], [NaN]])(
    'refuses %j',
    (value) => {
      expect(port.parse(value)).toBeUndefined();
    },
  );

  it('refuses one that a double cannot hold', () => {
    expect(wholeNumber({ min: 1 }).parse('9007199254740993')).toBeUndefined();
  });

  it('says its bounds', () => {
    expect(port.allowed).toBe('a whole number from 0 to 65535');
    expect(wholeNumber({ min: 1 }).allowed).toBe('a whole number of at least 1');
  });
});

describe('an amount', () => {
  it.each([
    [0, 0],
    [0.15, 0.15],
    ['2.50', 2.5],
  ])('reads %j as %d', (value, expected) => {
    expect(amount.parse(value)).toBe(expected);
  });

  it.each([[-1], ['free'], [Infinity], [true]])('refuses %j', (value) => {
    expect(amount.parse(value)).toBeUndefined();
  });
});
