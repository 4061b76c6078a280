import { describe, expect, it } from '@jest/globals';
import { plain, type Style } from './style.js';
import { columns, tableLines } from './terminal-table.js';

const tagged: Style = (name, text) => `<${name}>${text}</${name}>`;

describe('the columns that a text takes', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['\u00e4e\u0301', 2],
    ['\u65e5\u672c\u8a9e', 6],
    ['\ud55c\uae00', 4],
    ['\uff21', 2],
    ['\u{1f600}', 2],
    ['\u{1f468}\u200d\u{1f469}\u200d\u{1f467}', 2],
    ['\u{1f1e9}\u{1f1ea}', 2],
    ['\u2764\ufe0f', 2],
    ['\u{20000}', 2],
    ['\u2014\u2026', 2],
  ])('of "%s" are %i', (text, width) => {
    expect(columns(text)).toBe(width);
  });
});

describe('a table on a terminal', () => {
  it('sets its head apart', () => {
    expect(tableLines(['|a|b|', '|:-|-:|', '|1|2|'], tagged)).toEqual([
      '<bold>a  b</bold>',
      '<dim>─  ─</dim>',
      '1  2',
    ]);
  });

  it('is aligned by what is seen', () => {
    expect(tableLines(['| \u65e5 | x |', '|-|-|', '| abc | **y** |'], plain)).toEqual([
      '\u65e5   x',
      '───  ─',
      'abc  y',
    ]);
  });

  it('takes rows that are shorter or longer than its head', () => {
    expect(tableLines(['|a|', '|-|', '|b|c|', '||'], plain)).toEqual(['a', '─  ─', 'b  c', '']);
  });

  it('is no table without a rule below its head', () => {
    expect(tableLines(['|a|b|', '|c|d|'], tagged)).toEqual(['a  b', 'c  d']);
    expect(tableLines(['|a|b|'], tagged)).toEqual(['a  b']);
  });

  it('has bars within its cells where they are escaped', () => {
    expect(tableLines(['|a\\|b|`c`|', '|-|-|'], plain)[0]).toBe('a|b  c');
  });
});
