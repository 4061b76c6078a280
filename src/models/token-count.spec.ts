import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { countTokens as whole, encode } from 'gpt-tokenizer/encoding/o200k_base';
import { countTokens, cutToTokens, estimateUsage, pieces } from './token-count.js';

/** What the tokenizer says of a text that is not cut. */
const exact = (text: string) => whole(text, { disallowedSpecial: new Set() });

const PROSE =
  'The quick brown fox — «naïve» — jumps over 13 lazy dogs!\n\n\tconst x = { a: [1, 2] };  // 日本語のテキスト 😀\n';

describe('countTokens', () => {
  it.each(['', 'a', 'Hello, world!', PROSE, PROSE.repeat(500)])(
    'counts ordinary text exactly',
    async (text) => {
      expect(await countTokens(text)).toBe(exact(text));
    },
  );

  it('counts any short text exactly', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 100 }), async (text) => {
        expect(await countTokens(text)).toBe(exact(text));
      }),
    );
  });

  it.each(['<|endoftext|>', 'a<|im_start|>b', '<|endofprompt|>'])(
    'takes %s for the text that it is',
    async (text) => {
      expect(await countTokens(text)).toBeGreaterThan(1);
    },
  );

  it.each(['\ud800', 'a\udc00b', '\ud83d'.repeat(300), '\udc00\ud800'])(
    'counts lone surrogates',
    async (text) => {
      expect(await countTokens(text)).toBeGreaterThan(0);
    },
  );

  const MEGABYTE = 1024 * 1024;
  it.each([
    ['one letter', 'a'.repeat(MEGABYTE)],
    ['one space', ' '.repeat(MEGABYTE)],
    ['one sign', '='.repeat(MEGABYTE)],
    ['line breaks', '\n'.repeat(MEGABYTE)],
    ['two letters and a sign', "a's".repeat(MEGABYTE / 3)],
    ['emoji', '😀'.repeat(MEGABYTE / 2)],
    ['base64', randomBytes((MEGABYTE / 4) * 3).toString('base64')],
  ])('counts a megabyte of %s', async (_name, text) => {
    const tokens = await countTokens(text);
    expect(tokens).toBeGreaterThan(text.length / 1_000);
    expect(tokens).toBeLessThanOrEqual(text.length);
  });

  it('lets other work go on meanwhile', async () => {
    let turns = 0;
    let counting = true;
    const work = () => {
      turns++;
      if (counting) setImmediate(work);
    };
    setImmediate(work);
    await countTokens(PROSE.repeat(2_000));
    counting = false;
    expect(turns).toBeGreaterThan(10);
  });
});

describe('pieces', () => {
  it('are the text again', () => {
    const word = fc.string({ unit: 'binary' });
    const run = fc.tuple(
      fc.constantFrom('a', ' ', '=', '\n', '😀', 'é', '1'),
      fc.nat({ max: 9_000 }),
    );
    const text = fc.array(
      fc.oneof(
        word,
        run.map(([one, times]) => one.repeat(times)),
      ),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(
        text.map((parts) => parts.join('')),
        (joined) => {
          expect([...pieces(joined)].join('')).toBe(joined);
        },
      ),
    );
  });

  it.each(['a', ' ', '=', '\n', '😀'])('hold no long run of %j', (one) => {
    for (const piece of pieces(`Hello ${one.repeat(20_000)} world`)) {
      expect(piece.length).toBeLessThanOrEqual(80);
    }
  });

  it('are twice as many for twice the text, and no longer: the time is linear', () => {
    for (const one of ['a', ' ', PROSE]) {
      const [once, twice] = [50_000, 100_000].map((times) => [
        ...pieces(one.repeat(times / one.length)),
      ]);
      expect(twice?.length).toBeLessThanOrEqual(2 * (once?.length ?? 0) + 2);
      expect(Math.max(...(twice ?? []).map(({ length }) => length))).toBeLessThanOrEqual(2 * 1024);
    }
  });

  it('tear no surrogate pair', () => {
    for (const piece of pieces(`x${'😀'.repeat(5_000)}`)) expect(piece.isWellFormed()).toBe(true);
  });
});

describe('cutToTokens', () => {
  it('leaves a text whole that has no more tokens', async () => {
    const tokens = await countTokens(PROSE);
    for (const limit of [undefined, tokens, tokens + 1]) {
      expect(await cutToTokens(PROSE, limit)).toEqual({ text: PROSE, tokens, isCut: false });
    }
    expect(await cutToTokens('', 1)).toEqual({ text: '', tokens: 0, isCut: false });
  });

  it('has the first tokens of the text, each of them whole', async () => {
    const text = '**I am the built-in offline assistant, not a language model.**';
    const tokens = encode(text);
    for (let limit = 1; limit < tokens.length; limit += 1) {
      const cut = await cutToTokens(text, limit);
      expect(encode(cut.text)).toEqual(tokens.slice(0, limit));
    }
    expect((await cutToTokens(text, 7)).text).toBe('**I am the built-in offline');
  });

  it.each([PROSE, PROSE.repeat(100), 'a'.repeat(5_000), '👩‍👩‍👧‍👦'.repeat(9), 'a\ufffd日本'.repeat(9)])(
    'is the beginning of a longer one, no token longer and no character torn: %#',
    async (text) => {
      const all = await countTokens(text);
      let last = '';
      for (let limit = 1; limit < Math.min(all, 200); limit += 1) {
        const cut = await cutToTokens(text, limit);
        expect(cut).toMatchObject({ tokens: await countTokens(cut.text), isCut: true });
        expect(cut.tokens).toBeLessThanOrEqual(limit);
        expect(text.startsWith(cut.text)).toBe(true);
        expect(cut.text.startsWith(last)).toBe(true);
        expect(cut.text.isWellFormed()).toBe(true);
        last = cut.text;
      }
      expect(last.length).toBeGreaterThan(0);
    },
  );
});

describe('estimateUsage', () => {
  it('counts what was said, and that it was counted', async () => {
    const messages = [
      { role: 'system' as const, content: 'Be brief.' },
      { role: 'user' as const, content: PROSE },
    ];
    const usage = await estimateUsage(messages, 'Hello');
    // 3 tokens around each message, 1 for its role, 3 before the answer.
    const inputTokens = 2 * 4 + 3 + exact('Be brief.') + exact(PROSE);
    expect(usage).toEqual({
      inputTokens,
      outputTokens: 1,
      totalTokens: inputTokens + 1,
      estimated: true,
    });
  });

  it('is nothing but the frame for nothing', async () => {
    expect(await estimateUsage([], '')).toMatchObject({ inputTokens: 3, outputTokens: 0 });
  });
});
