import { describe, expect, it } from '@jest/globals';
import { isNamed } from './name-patterns.js';

describe('a pattern of names', () => {
  it.each([
    ['read', 'read', true],
    ['read', 'reads', false],
    ['read', 'Read', false],
    ['*', '', true],
    ['*', 'anything', true],
    ['', '', true],
    ['', 'a', false],
    ['read_*', 'read_', true],
    ['read_*', 'unread_', false],
    ['*_file', 'read_file', true],
    ['*_file', 'read_files', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*bc*c', 'abc', false],
    ['a**b', 'ab', true],
    ['a.c', 'abc', false],
    ['[a]+', 'a', false],
  ])('%j and %j: %j', (pattern, name, is) => {
    expect(isNamed([pattern], name)).toBe(is);
  });

  it('is one of several, and none is nothing', () => {
    expect(isNamed(['a', 'b*'], 'bc')).toBe(true);
    expect(isNamed([], 'a')).toBe(false);
  });

  it('with many stars ends at once', () => {
    expect(isNamed([`${'*a'.repeat(5000)}*b`], 'a'.repeat(10_000))).toBe(false);
  });
});
