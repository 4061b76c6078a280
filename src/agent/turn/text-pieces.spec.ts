import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { textPieces } from './text-pieces.js';

describe('the pieces of a text', () => {
  it.each([
    ['', ['']],
    ['short', ['short']],
    ['a'.repeat(8_192), ['a'.repeat(8_192)]],
    ['a'.repeat(8_193), ['a'.repeat(8_192), 'a']],
    [`${'a'.repeat(8_191)}😀b`, ['a'.repeat(8_191), '😀b']],
    [`${'a'.repeat(8_190)}😀b`, [`${'a'.repeat(8_190)}😀`, 'b']],
  ])('case %#', (text, pieces) => {
    expect(textPieces(text)).toEqual(pieces);
  });

  it('are the text, none too long, and no character is cut', () => {
    const long = fc
      .array(fc.constantFrom('😀', 'a', '\ud83d', 'é'.repeat(50), '😀'.repeat(4_000)))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(long, (text) => {
        const pieces = textPieces(text);
        expect(pieces.join('')).toBe(text);
        expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(8_192);
        expect(pieces.flatMap((piece) => [...piece])).toEqual([...text]);
      }),
    );
  });
});
