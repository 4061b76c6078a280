import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '../config-error.js';
import { Faults, notAllowed, notOneOf, shown } from './faults.js';

function linesOf(faults: Faults): readonly string[] {
  try {
    faults.throwIfAny();
    return [];
  } catch (error) {
    return (error as ConfigError).faults;
  }
}

describe('faults', () => {
  it('are thrown together, each a line that names place, key path, what was found and allowed', () => {
    const faults = new Faults();
    faults.add('a.yaml', ['models', 'm', 'fallbacks', 1], notAllowed('"x"', 'y'));
    faults.add('environment', 'PORT', notAllowed('"z"', 'a number'));
    expect(() => faults.throwIfAny()).toThrow(ConfigError);
    expect(linesOf(faults)).toEqual([
      'a.yaml: models.m.fallbacks[1]: found "x", allowed: y',
      'environment: PORT: found "z", allowed: a number',
    ]);
  });

  it('are not thrown where there are none', () => {
    expect(linesOf(new Faults())).toEqual([]);
  });

  it('keep the first of one path, since the others follow from it', () => {
    const faults = new Faults();
    faults.add('a.yaml', ['b'], 'first');
    faults.add('a.yaml', ['b'], 'second');
    expect(linesOf(faults)).toEqual(['a.yaml: b: first']);
  });

  it('stay one line each, whatever a key holds', () => {
    const faults = new Faults();
    faults.add('a.yaml', ['b\nenvironment: c'], 'wrong');
    expect(linesOf(faults)).toEqual(['a.yaml: b environment: c: wrong']);
  });

  it('suggest what was probably meant', () => {
    expect(notOneOf('"opnai"', 'opnai', ['openai', 'azure'])).toBe(
      'found "opnai", allowed: openai, azure (did you mean "openai"?)',
    );
    expect(notOneOf('"zzz"', 'zzz', ['openai'])).toBe('found "zzz", allowed: openai');
  });
});

describe('a value in a fault', () => {
  it.each([
    [undefined, 'nothing'],
    [null, 'nothing'],
    ['many', '"many"'],
    [4, '4'],
    [true, 'true'],
    [['sk-1'], 'a list'],
    [{ a: 'sk-1' }, 'a map'],
  ])('%j is shown as %s', (value, expected) => {
    expect(shown(value)).toBe(expected);
  });

  it.each([
    ['socks5://user:pass@proxy.example', '"socks5://***@proxy.example"'],
    ['http://user:pa/s s@w@proxy:3128', '"http://***@proxy:3128"'],
    ['http://user:pa?s#s@proxy:3128', '"http://***@proxy:3128"'],
    ['https://h/v1?api-key=hush', '"https://h/v1?***"'],
    ['https://h/v1#hush', '"https://h/v1?***"'],
  ])('%j is shown without what may be a secret in an address', (value, expected) => {
    expect(shown(value)).toBe(expected);
  });

  it('is cut where it is long', () => {
    expect(shown('x'.repeat(500))).toBe(`"${'x'.repeat(80)}…"`);
  });
});
