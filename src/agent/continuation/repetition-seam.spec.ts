import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RepetitionSeam } from './repetition-seam.js';
import { NotContinuedError } from './seam.js';
import { cutTexts, piecesOf, texts, through } from './testing/pieces.js';

describe('an answer that is given anew', () => {
  it('goes on where the partial one stopped, if it begins with that', () => {
    const answers = cutTexts.chain((cut) =>
      piecesOf(cut.truth).map((pieces) => ({ ...cut, pieces })),
    );
    fc.assert(
      fc.property(answers, ({ partial, rest, pieces }) => {
        expect(through(new RepetitionSeam(partial), pieces)).toBe(rest);
      }),
    );
  });

  it('is refused if it does not', () => {
    fc.assert(
      fc.property(texts, texts, (partial, other) => {
        fc.pre(!other.startsWith(partial));
        expect(() => through(new RepetitionSeam(partial), other.split(''))).toThrow(
          NotContinuedError,
        );
      }),
    );
  });

  it('is refused at the first character that differs, and shows nothing before', () => {
    const seam = new RepetitionSeam('{"a": 1');
    expect(seam.take('{"a"')).toBe('');
    expect(() => seam.take(':1, "b": 2}')).toThrow(NotContinuedError);
  });

  it('is refused if it ends before', () => {
    const seam = new RepetitionSeam('{"a": 1');
    expect(seam.take('{"a":')).toBe('');
    expect(() => seam.end()).toThrow(NotContinuedError);
  });
});
