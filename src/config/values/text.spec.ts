import { describe, expect, it } from '@jest/globals';
import { flag, headerSecret, oneOf, text, textOf } from './text.js';

describe('text', () => {
  it('takes a text as it is, with the white space around it', () => {
    expect(text.parse(' a ')).toBe(' a ');
  });

  it.each([[''], ['  '], [4], [true], [undefined], [[]]])('refuses %j', (value) => {
    expect(text.parse(value)).toBeUndefined();
  });
});

describe('a text of a form', () => {
  const digits = textOf('digits', /^\d+$/);

  it('drops the white space around it', () => {
    expect(digits.parse(' 12\n')).toBe('12');
  });

  it.each([['12a'], [''], [12], [null]])('refuses %j', (value) => {
    expect(digits.parse(value)).toBeUndefined();
  });
});

describe('one of some words', () => {
  const words = oneOf(['tools', 'vision']);

  it('takes them in any case', () => {
    expect(words.parse(' Vision ')).toBe('vision');
  });

  it('refuses others, and names those that are allowed', () => {
    expect(words.parse('sight')).toBeUndefined();
    expect(words.allowed).toBe('one of tools, vision');
  });
});

describe('a flag', () => {
  it.each([[true], ['true'], ['TRUE'], ['yes'], ['on'], ['1'], [' true ']])(
    'is true as %j',
    (value) => {
      expect(flag.parse(value)).toBe(true);
    },
  );

  it.each([[false], ['false'], ['No'], ['off'], ['0']])('is false as %j', (value) => {
    expect(flag.parse(value)).toBe(false);
  });

  it.each([['maybe'], [1], [''], [null]])('refuses %j', (value) => {
    expect(flag.parse(value)).toBeUndefined();
  });
});

describe('a secret for a header', () => {
  it('loses the line end that files have', () => {
    expect(headerSecret.parse('sk-1\r\n')).toBe('sk-1');
  });

  it.each([['sk 1'], ['sk\n1'], ['“sk-1”'], ['']])(
    'refuses %j, which no header carries',
    (value) => {
      expect(headerSecret.parse(value)).toBeUndefined();
    },
  );
});
