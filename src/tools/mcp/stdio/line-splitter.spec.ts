import { describe, expect, it } from '@jest/globals';
import { LineSplitter } from './line-splitter.js';

function split(chunks: readonly (string | Buffer)[], maxBytes = 1000): string[] {
  const seen: string[] = [];
  const lines = new LineSplitter(
    maxBytes,
    (line) => seen.push(line),
    (beginning, end) => seen.push(`${beginning.slice(0, 5)}...${end.slice(-5)}`),
  );
  for (const chunk of chunks) lines.push(Buffer.from(chunk));
  lines.end();
  return seen;
}

describe('the lines of a stream', () => {
  it.each<[readonly string[], readonly string[]]>([
    [['a\nb\n'], ['a', 'b']],
    [['a\r\nb'], ['a', 'b']],
    [
      ['a', 'b', '\n', 'c'],
      ['ab', 'c'],
    ],
    [['\n\n\r\na'], ['a']],
    [['a\u2028b\n'], ['a\u2028b']],
    [[''], []],
  ])('%j are %j', (chunks, lines) => {
    expect(split(chunks)).toEqual(lines);
  });

  it('are whole wherever the stream is cut', () => {
    const bytes = Buffer.from('ünï\n🎉\n');
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(split([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(['ünï', '🎉']);
    }
  });

  it('that are too long are told by their ends, and those after them are whole', () => {
    const long = ['first', ...Array.from({ length: 100 }, () => 'x'.repeat(100)), 'final\nnext\n'];
    expect(split(long)).toEqual(['first...final', 'next']);
    expect(split(['x'.repeat(1000), '\n'])).toEqual(['x'.repeat(1000)]);
    expect(split(['x'.repeat(1001), '\n'])).toEqual(['xxxxx...xxxxx']);
  });
});
