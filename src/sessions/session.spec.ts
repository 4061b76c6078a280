import { describe, expect, it } from '@jest/globals';
import { titleOf } from './session.js';

describe('the title of a session', () => {
  it.each([
    ['Hello', 'Hello'],
    ['  two\n\nlines\t here ', 'two lines here'],
    ['a'.repeat(80), 'a'.repeat(60)],
    ['😀'.repeat(80), '😀'.repeat(60)],
  ])('of %j is its beginning, on one line', (message, title) => {
    expect(titleOf(message)).toBe(title);
  });
});
