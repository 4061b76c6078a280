import { describe, expect, it } from '@jest/globals';
import { nearest } from './nearest.js';

describe('nearest', () => {
  const words = ['context_window', 'max_output_tokens', 'model', 'prices'];

  it.each([
    ['contxt_window', 'context_window'],
    ['max_ouput_token', 'max_output_tokens'],
    ['modle', 'model'],
    ['modl', 'model'],
    ['Prices', 'prices'],
    ['temperature', undefined],
    ['x', undefined],
  ])('takes %j for %j', (word, expected) => {
    expect(nearest(word, words)).toBe(expected);
  });

  it('finds nothing among no words', () => {
    expect(nearest('model', [])).toBeUndefined();
  });
});
