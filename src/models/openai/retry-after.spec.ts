import { describe, expect, it } from '@jest/globals';
import { readRetryAfter } from './retry-after.js';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const read = (headers: Record<string, string>) => readRetryAfter(new Headers(headers), NOW);

describe('readRetryAfter', () => {
  it.each([
    ['seconds', { 'retry-after': '20' }, 20],
    ['fractions, rounded up', { 'retry-after': '0.2' }, 1],
    ['a date', { 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT' }, 30],
    ['a date that is over', { 'retry-after': 'Sun, 22 Nov 2026 11:00:00 GMT' }, 0],
    ['more than a day as a day', { 'retry-after': '9999999' }, 86_400],
    ['a far date as a day', { 'retry-after': 'Sun, 22 Nov 2099 12:00:00 GMT' }, 86_400],
    ['milliseconds, which win', { 'retry-after-ms': '2100', 'retry-after': '9' }, 3],
  ])('reads %s', (_name, headers, seconds) => {
    expect(read(headers)).toBe(seconds);
  });

  it.each([
    {},
    { 'retry-after': 'soon' },
    { 'retry-after': '-1 x' },
    { 'retry-after': '' },
    { 'retry-after': '9'.repeat(400) },
    { 'retry-after-ms': '9'.repeat(400) },
  ])('finds none in %j', (headers) => {
    expect(read(headers as Record<string, string>)).toBeUndefined();
  });

  it('finds none without headers', () => {
    expect(readRetryAfter(undefined)).toBeUndefined();
  });
});
