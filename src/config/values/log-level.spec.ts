import { describe, expect, it } from '@jest/globals';
import { logLevel } from './log-level.js';

describe('a log level', () => {
  it.each(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])(
    'takes %s as it is',
    (level) => {
      expect(logLevel.parse(level)).toBe(level);
    },
  );

  it.each([
    ['CRITICAL', 'fatal'],
    ['ERROR', 'error'],
    ['WARNING', 'warn'],
    ['WARN', 'warn'],
    ['INFO', 'info'],
    ['Debug', 'debug'],
    ['NOTSET', 'trace'],
  ])("takes Python's %s as %s", (name, level) => {
    expect(logLevel.parse(name)).toBe(level);
  });

  it.each([['loud'], [''], ['constructor'], [30]])('refuses %j', (value) => {
    expect(logLevel.parse(value)).toBeUndefined();
  });
});
