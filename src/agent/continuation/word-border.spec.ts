import { describe, expect, it } from '@jest/globals';
import { isWordBorder } from './word-border.js';

describe('a word border', () => {
  it.each([
    ['one two', '|one| |two'],
    ['a_1 b2', '|a_1| |b2'],
    ['{"a":  1}\n', '|{"|a|":|  |1|}|\n'],
    ['a\n\n  b', '|a|\n|\n|  |b'],
    ['--- x', '|---| |x'],
    ["don't", "|don|'|t"],
    ['cafe\u0301s', '|cafe\u0301s'],
    ['Ürün şöyle', '|Ürün| |şöyle'],
    ['今日は。', '|今|日|は|。'],
    ['か\u3099x', '|か\u3099|x'],
    ['สวัสดี', '|ส|วั|ส|ดี'],
    ['a😀b', '|a|😀|b'],
    ['👩‍👧!', '|👩‍👧!'],
    ['안녕 하', '|안녕| |하'],
  ])('stands in %j as in %j', (text, expected) => {
    let marked = '';
    for (let at = 0; at < text.length; at += 1) {
      marked += (isWordBorder(text, at) ? '|' : '') + text[at]!;
    }
    expect(marked).toBe(expected);
  });
});
