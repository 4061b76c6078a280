import { describe, expect, it } from '@jest/globals';
import { ToolNames } from './tool-names.js';

describe('the name of a tool', () => {
  it.each([
    ['files', 'read_file', 'files__read_file'],
    ['files', 'get-sum', 'files__get-sum'],
    ['a b', 'c.d/e', 'a_b__c_d_e'],
    ['ü', '🎉', '____'],
    ['a', '\ud800', 'a___'],
  ])('%j %j: %s', (server, tool, name) => {
    expect(new ToolNames().nameOf(server, tool)).toBe(name);
  });

  it('of 64 characters is left as it is; a longer one is cut and tells what it stands for', () => {
    const names = new ToolNames();
    expect(names.nameOf('s', 'x'.repeat(61))).toBe(`s__${'x'.repeat(61)}`);
    const [one, other] = ['1', '2'].map((end) => names.nameOf('s', 'x'.repeat(62) + end));
    expect(one).toMatch(/^s__x{52}_[\da-f]{8}$/);
    expect(other).toMatch(/^s__x{52}_[\da-f]{8}$/);
    expect(one).not.toBe(other);
  });

  it('is given once: the second gets a hash, the same one each time', () => {
    const twice = [1, 2].map(() => {
      const names = new ToolNames();
      return [names.nameOf('s', 'a.b'), names.nameOf('s', 'a/b'), names.nameOf('s', 'a/b')];
    });
    expect(new Set(twice[0]).size).toBe(3);
    expect(twice[0]![0]).toBe('s__a_b');
    expect(twice[1]).toEqual(twice[0]);
  });
});
