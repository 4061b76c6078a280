import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cutToTokens, tokensOf } from './tokens.js';

describe('tokensOf', () => {
  it('takes a word with the white space before it as a token', () => {
    expect(tokensOf('One  two\n\nthree ')).toEqual(['One', '  two', '\n\nthree', ' ']);
    expect(tokensOf('')).toEqual([]);
  });

  it('loses and adds nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(tokensOf(text).join('')).toBe(text);
      }),
    );
  });
});

describe('cutToTokens', () => {
  it('stops by itself where the text fits', () => {
    const whole = { tokens: ['a', ' b'], finishReason: 'stop' };
    expect(cutToTokens('a b')).toEqual(whole);
    expect(cutToTokens('a b', 2)).toEqual(whole);
  });

  it('says that it was cut where the text is longer', () => {
    expect(cutToTokens('a b', 1)).toEqual({ tokens: ['a'], finishReason: 'length' });
  });
});
