import { describe, expect, it } from '@jest/globals';
import { printable } from './printable.js';

describe('a text for a terminal', () => {
  it.each([
    ['sequences that move the cursor', 'a\x1b[2Jb', 'a\ufffd[2Jb'],
    ['titles', '\x1b]0;t\x07', '\ufffd]0;t\ufffd'],
    ['the clipboard', '\x1b]52;c;aGk=\x1b\\', '\ufffd]52;c;aGk=\ufffd\\'],
    ['controls of the second set', '\x9b31m\x85', '\ufffd31m\ufffd'],
    ['carriage returns, which overwrite a line', 'safe\revil', 'safe\ufffdevil'],
    ['backspaces and deletes', 'a\b\x7f', 'a\ufffd\ufffd'],
    ['what turns the direction around', '\u202egnp.exe\u2066', '\ufffdgnp.exe\ufffd'],
  ])('has no %s', (_name, text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it.each([
    ['lines and tabulators', 'a\n\tb'],
    ['any script, and signs that are joined', '\u05d0\u65e5e\u0301\u{1f468}\u200d\u{1f469}'],
  ])('keeps %s', (_name, text) => {
    expect(printable(text)).toBe(text);
  });

  it('has one kind of line end', () => {
    expect(printable('a\r\nb')).toBe('a\nb');
  });
});
