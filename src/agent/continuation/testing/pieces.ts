import fc from 'fast-check';
import type { Seam } from '../seam.js';

/** Texts that repeat themselves, and texts of many scripts. */
export const texts = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 60 }),
  fc
    .array(fc.constantFrom('the ', 'the', 'ha', '\n', '  ', '{"a":', '},', '世界', 'の', '😀', 'é'))
    .map((words) => words.join('')),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
);

/** The same text cut into pieces of any size, empty ones and halves of surrogate pairs too. */
export function piecesOf(text: string): fc.Arbitrary<string[]> {
  return fc.array(fc.nat(text.length), { maxLength: 8 }).map((places) => {
    const cuts = [0, ...places.toSorted((one, other) => one - other), text.length];
    return cuts.slice(1).map((cut, index) => text.slice(cuts[index], cut));
  });
}

/** A text cut in two. */
export const cutTexts = texts.chain((truth) =>
  fc.nat(truth.length).map((at) => ({ truth, partial: truth.slice(0, at), rest: truth.slice(at) })),
);

/** All that a seam lets through of a whole answer. */
export function through(seam: Seam, pieces: readonly string[]): string {
  return pieces.map((piece) => seam.take(piece)).join('') + seam.end();
}
