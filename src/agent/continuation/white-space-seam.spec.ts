import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cutTexts, piecesOf, through } from './testing/pieces.js';
import { WhiteSpaceSeam } from './white-space-seam.js';

const stripped = (partial: string) => partial.slice(partial.trimEnd().length);

describe('the joint of an answer that a model goes on with by itself', () => {
  it.each([
    ['', '  a', '  a'],
    ['\n\n', '\n\nText', 'Text'],
    ['\n\n', 'Text', 'Text'],
    ['\n\n', '\n- item', '- item'],
    ['\n', '\n\nText', '\nText'],
    [' ', '\tx', '\tx'],
    [' ', 'a b', 'a b'],
  ])('after %j, of %j %j is new', (space, text, expected) => {
    for (const pieces of [[text], text.split('')]) {
      expect(through(new WhiteSpaceSeam(space), pieces)).toBe(expected);
    }
  });

  it('gives the truth, whether the model says the white space again or not', () => {
    const answers = cutTexts.chain((cut) =>
      fc
        .constantFrom(stripped(cut.partial) + cut.rest, cut.rest)
        .chain((text) => piecesOf(text).map((pieces) => ({ ...cut, text, pieces }))),
    );
    fc.assert(
      fc.property(answers, ({ truth, partial, rest, text, pieces }) => {
        // White space that goes on behind the cut cannot be told from one that is said again.
        fc.pre(text !== rest || stripped(partial) === '' || !/^\s/.test(rest));
        expect(partial + through(new WhiteSpaceSeam(stripped(partial)), pieces)).toBe(truth);
      }),
      { numRuns: 1_000 },
    );
  });

  it('holds nothing back', () => {
    const seam = new WhiteSpaceSeam('\n\n');
    expect(['\n', 'a', '\n'].map((piece) => seam.take(piece))).toEqual(['', 'a', '\n']);
    expect(seam.end()).toBe('');
  });
});
