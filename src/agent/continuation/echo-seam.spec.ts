import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EchoSeam } from './echo-seam.js';
import { cutTexts, piecesOf, texts, through } from './testing/pieces.js';
import { isWordBorder } from './word-border.js';

/** The overlaps that count, longest first, as the rule says it. */
function overlapsOf(partial: string): string[] {
  return Array.from({ length: partial.length }, (_, start) => start)
    .filter(
      (start) =>
        start === 0 || ([...partial.slice(start)].length >= 8 && isWordBorder(partial, start)),
    )
    .map((start) => partial.slice(start));
}

/** What the rule makes of a whole new text. */
function withoutEcho(partial: string, text: string): string {
  const echo = overlapsOf(partial).find((overlap) => text.startsWith(overlap)) ?? '';
  return text.slice(echo.length);
}

/** A partial text and a new one that repeats some of its end, or just looks so. */
const echoes = cutTexts
  .filter(({ partial }) => partial !== '')
  .chain(({ partial, rest }) =>
    fc
      .oneof(
        fc.nat(partial.length).map((start) => partial.slice(start) + rest),
        fc
          .tuple(fc.nat(partial.length), fc.nat(partial.length), texts)
          .map(([start, length, other]) => partial.slice(start, start + length) + other),
      )
      .chain((text) => piecesOf(text).map((pieces) => ({ partial, text, pieces }))),
  );

describe('what a model says again when it goes on', () => {
  it.each([
    ['The quick brown fox ju', 'brown fox jumps.', 'mps.'],
    ['The quick brown fox ju', ' fox jumps.', ' fox jumps.'],
    ['The quick brown fox ju', 'uick brown fox jumps.', 'uick brown fox jumps.'],
    ['The quick', 'The quick brown', ' brown'],
    ['Hi', 'Hi there', ' there'],
    ['Hi', 'High', 'gh'],
    ['She said hahaha', 'hahaha, and left', 'hahaha, and left'],
    ['hahaha', 'haha', 'haha'],
    ['of the the', ' the end', ' the end'],
    ['he sang of the the of the the', ' of the the end', ' end'],
    ['他说今天天气很好我们去', '天天气很好我们去公园', '公园'],
    ['他说今天天气很好我们', '很好我们去公园', '很好我们去公园'],
    ['return {\n  "name": "x",\n', '  "name": "x",\n  "size": 1\n}', '  "size": 1\n}'],
    ['a line\n------------', '---------- and on', '---------- and on'],
    ['a line\n----------', '---------- and on', ' and on'],
    ['one 😀😀😀😀😀😀😀😀', '😀😀😀😀😀😀😀😀!', '!'],
    ['one 😀😀😀😀', '😀😀😀😀!', '😀😀😀😀!'],
    ['I ate a cafe\u0301s bill', '\u0301s bill and', '\u0301s bill and'],
  ])('after %j, of %j %j is new', (partial, text, expected) => {
    for (const pieces of [[text], text.split('')]) {
      expect(through(new EchoSeam(partial), pieces)).toBe(expected);
    }
  });

  it('is dropped by the rule, however it comes', () => {
    fc.assert(
      fc.property(echoes, ({ partial, text, pieces }) => {
        expect(through(new EchoSeam(partial), pieces)).toBe(withoutEcho(partial, text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves the truth, where the echo is one by the rule and the rest begins with none', () => {
    let kept = 0;
    fc.assert(
      fc.property(cutTexts, fc.nat(), ({ truth, partial, rest }, choice) => {
        fc.pre(partial !== '');
        const overlaps = ['', ...overlapsOf(partial)];
        const echo = overlaps[choice % overlaps.length]!;
        fc.pre(withoutEcho(partial, echo + rest) === rest);
        kept += 1;
        const pieces = (echo + rest).split('');
        expect(partial + through(new EchoSeam(partial), pieces)).toBe(truth);
      }),
      { numRuns: 1_000 },
    );
    expect(kept).toBeGreaterThan(500);
  });

  it('is held back for as long as an overlap can become longer, and no longer', () => {
    fc.assert(
      fc.property(echoes, ({ partial, text }) => {
        const overlaps = overlapsOf(partial);
        const seam = new EchoSeam(partial);
        let shown = '';
        for (let length = 1; length <= text.length; length += 1) {
          shown += seam.take(text[length - 1]!);
          const said = text.slice(0, length);
          // Once it can become no longer, later text does not make it so.
          const waits = overlaps.some(
            (overlap) => overlap.length > length && overlap.startsWith(said),
          );
          expect(shown).toBe(waits ? '' : withoutEcho(partial, said));
          if (!waits) return;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('loses nothing where the model finishes in the middle of it', () => {
    const seam = new EchoSeam('The quick brown fox');
    expect(seam.take('The qui')).toBe('');
    expect(seam.end()).toBe('The qui');
  });

  it('is nothing where the model says nothing', () => {
    expect(new EchoSeam('The quick').end()).toBe('');
  });

  it.each([
    ['one letter', 'a'.repeat(1_000_000), 500_001],
    ['two letters', 'ab '.repeat(333_333), 'ab!'.length],
    ['one sign', '世'.repeat(1_000_000), '!'.length],
  ])('takes linear time in a megabyte of %s', (_, partial, left) => {
    const half = `${partial.slice(0, 500_000)}!`;
    const rest = through(new EchoSeam(partial), half.match(/.{1,4}/gsu)!);
    expect(rest.length).toBe(left);
    expect(half.endsWith(rest)).toBe(true);
    expect(through(new EchoSeam(partial), [partial, '!'])).toBe('!');
  });
});
