import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { smooth, type SmoothClock } from './smooth.js';

/** A clock that the test moves; whoever waits for it goes on in the order of time. */
class HandClock implements SmoothClock {
  #now = 0;
  #waiting: { until: number; wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  wait(ms: number): Promise<void> {
    return new Promise((wake) => void this.#waiting.push({ until: this.#now + ms, wake }));
  }

  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settled();
      const [next] = this.#waiting.sort((a, b) => a.until - b.until);
      if (next === undefined || next.until > end) break;
      this.#waiting.shift();
      this.#now = next.until;
      next.wake();
    }
    this.#now = end;
    await settled();
  }
}

/** A source that says what the test tells it to. */
class Source implements AsyncIterable<string> {
  isClosed = false;
  #said: IteratorResult<string, void>[] = [];
  #failure: unknown;
  #wake: () => void = () => undefined;

  say(value: string): void {
    this.#said.push({ value, done: false });
    this.#wake();
  }

  end(): void {
    this.#said.push({ value: undefined, done: true });
    this.#wake();
  }

  fail(error: unknown): void {
    this.#failure = error;
    this.#wake();
  }

  [Symbol.asyncIterator](): AsyncIterator<string, void> {
    return {
      next: async () => {
        for (;;) {
          const said = this.#said.shift();
          if (said !== undefined) return said;
          if (this.#failure !== undefined) throw this.#failure as Error;
          await new Promise<void>((wake) => (this.#wake = wake));
        }
      },
      return: async () => {
        this.isClosed = true;
        return { value: undefined, done: true };
      },
    };
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Reads all in the background. */
function reading(source: Source, clock: HandClock, longestLag = 300) {
  const pieces: { text: string; at: number }[] = [];
  const ended = (async () => {
    for await (const text of smooth(source, { clock, longestLag, interval: 16 })) {
      pieces.push({ text, at: clock.now() });
    }
  })();
  const failed = ended.then(
    () => undefined,
    (error: unknown) => error,
  );
  return { pieces, failed, text: () => pieces.map(({ text }) => text).join('') };
}

describe('smooth', () => {
  it('lets the first word out as soon as it is whole', async () => {
    const [clock, source] = [new HandClock(), new Source()];
    const read = reading(source, clock);
    source.say('Hel');
    await settled();
    expect(read.pieces).toEqual([]);
    source.say('lo wor');
    await settled();
    expect(read.pieces).toEqual([{ text: 'Hello', at: 0 }]);
  });

  it.each([
    ['I can', "'", 't now'],
    ['it is 3', '.', '14 now'],
  ])('does not take %j to end before %j', async (...parts) => {
    const [clock, source] = [new HandClock(), new Source()];
    const read = reading(source, clock);
    for (const part of parts) {
      source.say(part);
      await clock.pass(48);
    }
    source.end();
    await read.failed;
    expect(read.pieces.map(({ text }) => text.trim())).toContain(parts.join('').split(' ').at(-2));
  });

  it('hands out a burst over the time that it may lag behind, and no longer', async () => {
    const [clock, source] = [new HandClock(), new Source()];
    const read = reading(source, clock);
    const burst = 'one two three four five six seven eight nine ten eleven twelve thirteen ';
    source.say(burst);
    await clock.pass(300);
    expect(read.pieces.length).toBeGreaterThan(8);
    expect(read.text()).toBe(burst.trimEnd());
  });

  it('hands out a word that does not end when its time is up, but not half a grapheme', async () => {
    const [clock, source] = [new HandClock(), new Source()];
    const read = reading(source, clock);
    source.say('Donaudampfschiff👩‍');
    await clock.pass(320);
    expect(read.text()).toBe('Donaudampfschiff');
    source.say('🔬');
    source.end();
    await read.failed;
    expect(read.text()).toBe('Donaudampfschiff👩‍🔬');
  });

  it('hands out what is left at the end at once', async () => {
    const [clock, source] = [new HandClock(), new Source()];
    const read = reading(source, clock);
    source.say('Some words that were just said');
    source.end();
    await expect(read.failed).resolves.toBeUndefined();
    expect(read.text()).toBe('Some words that were just said');
    expect(clock.now()).toBe(0);
  });

  it('passes an error on after what came before it', async () => {
    const [clock, source] = [new HandClock(), new Source()];
    const read = reading(source, clock);
    source.say('Half an ans');
    source.fail(new Error('broken'));
    await expect(read.failed).resolves.toEqual(new Error('broken'));
    expect(read.text()).toBe('Half an ans');
  });

  it('closes its source where it is left early', async () => {
    const source = new Source();
    source.say('one two three');
    for await (const piece of smooth(source)) {
      expect(piece).toBe('one');
      break;
    }
    expect(source.isClosed).toBe(true);
  });

  it('changes no text, splits no grapheme, and never falls behind', async () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.constantFrom(
        ' ',
        'word ',
        '👩‍',
        '🔬',
        'e',
        '\u0301',
        '🇩',
        '🇪',
        '\r',
        '\n',
        "'",
        '.',
        '한',
        '국',
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(piece, fc.integer({ min: 0, max: 80 })), { maxLength: 30 }),
        async (said) => {
          const [clock, source] = [new HandClock(), new Source()];
          const read = reading(source, clock, 100);
          const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
          const whole = said.map(([text]) => text).join('');
          const borders = new Set([...graphemes.segment(whole)].map(({ index }) => index));
          const arrivals: { end: number; at: number }[] = [];
          for (const [text, wait] of said) {
            source.say(text);
            arrivals.push({ end: (arrivals.at(-1)?.end ?? 0) + text.length, at: clock.now() });
            await clock.pass(wait);
          }
          // All but a last grapheme, which may go on, and what came of late.
          await clock.pass(100 + 2 * 16);
          const last = [...graphemes.segment(whole)].at(-1)?.index ?? 0;
          expect(read.text().length).toBeGreaterThanOrEqual(last);
          source.end();
          await read.failed;
          expect(read.text()).toBe(whole);
          let at = 0;
          for (const { text } of read.pieces) {
            expect(borders).toContain(at);
            at += text.length;
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
