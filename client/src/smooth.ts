/** How even the text comes out. */
export interface SmoothOptions {
  /** The furthest that what comes out may be behind what has come in, in milliseconds. @default 300 */
  longestLag?: number;
  /** The least between two pieces, in milliseconds: a frame of a screen. @default 16 */
  interval?: number;
  /** Whose words. @default the platform's */
  locale?: string;
  /** The clock and its timer, for tests. */
  clock?: SmoothClock;
}

/** A clock that can be waited for. */
export interface SmoothClock {
  /** In milliseconds, from anywhere. */
  now(): number;
  wait(ms: number): Promise<void>;
}

const SYSTEM_CLOCK: SmoothClock = {
  now: () => performance.now(),
  wait: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
};

/**
 * Evens out a text that comes in bursts and in parts of words: whole words come out, as steadily as
 * they arrive. The first word is not held back; nothing stays longer than `longestLag`, a long word
 * neither; what is left at the end comes at once. The text is the same, and a grapheme is never split.
 *
 * @throws what the source throws, after all that came before
 */
export async function* smooth(
  source: AsyncIterable<string>,
  options: SmoothOptions = {},
): AsyncGenerator<string, void, undefined> {
  const { longestLag = 300, interval = 16, clock = SYSTEM_CLOCK } = options;
  const buffer = new WordBuffer(options.locale);
  const pieces = source[Symbol.asyncIterator]();
  const take = (): Promise<Arrival> =>
    pieces.next().then(
      (result) => (result.done ? { end: true } : { text: result.value }),
      (error: unknown) => ({ end: true, error }),
    );
  let coming = take();
  let isOver = false;
  let hasBegun = false;
  try {
    for (;;) {
      const due = buffer.isEmpty ? undefined : dueIn();
      const arrived = await Promise.race([
        coming,
        ...(due === undefined ? [] : [clock.wait(due).then(() => undefined)]),
      ]);
      if (arrived !== undefined) {
        if ('end' in arrived) {
          isOver = true;
          const rest = buffer.takeAll();
          if (rest !== '') yield rest;
          if ('error' in arrived) throw arrived.error;
          return;
        }
        buffer.add(arrived.text, clock.now());
        coming = take();
      }
      const ready = buffer.take(clock.now(), longestLag, interval);
      if (ready !== '') {
        hasBegun = true;
        yield ready;
      }
    }
  } finally {
    // Where the reader leaves early, the source is told. A source that waits could not answer.
    if (!isOver) void pieces.return?.().catch(() => undefined);
  }

  /** The first word is looked for with every piece; after it the clock gives the pace. */
  function dueIn(): number {
    return hasBegun ? interval : Math.min(interval, longestLag);
  }
}

/** What may stand between two letters or digits of one word (Unicode, annex 29: MidLetter, MidNum). */
const WITHIN_WORDS = /[.,:;'_\u2018\u2019\u2024\u2027\u00B7\u066C\uFE13\uFF07\uFF0E\uFF1A]/u;

type Arrival = { text: string } | { end: true; error?: unknown };

/** A text that waits to come out. */
class WordBuffer {
  readonly #words: Intl.Segmenter;
  readonly #graphemes: Intl.Segmenter;
  #text = '';
  /** Where each piece that is still here begins, and when it came. */
  #arrivals: { from: number; at: number }[] = [];

  constructor(locale: string | undefined) {
    this.#words = new Intl.Segmenter(locale, { granularity: 'word' });
    this.#graphemes = new Intl.Segmenter(locale, { granularity: 'grapheme' });
  }

  get isEmpty(): boolean {
    return this.#text === '';
  }

  add(text: string, at: number): void {
    if (text === '') return;
    this.#arrivals.push({ from: this.#text.length, at });
    this.#text += text;
  }

  takeAll(): string {
    return this.#cut(this.#text.length);
  }

  /** What is to come out now: a share of what waits, by its age, up to the end of a word. */
  take(now: number, longestLag: number, interval: number): string {
    const [oldest] = this.#arrivals;
    if (oldest === undefined) return '';
    const left = longestLag - (now - oldest.at);
    // Spread over the ticks that are left; what is too old has none.
    const ticks = Math.max(1, Math.floor(left / interval));
    const least = Math.ceil(this.#text.length / ticks);
    const end = this.#wordEnd(least);
    if (end >= least || left > interval) return this.#cut(end);
    // A word that does not end: as much of it as is whole.
    return this.#cut(Math.max(end, this.#lastGraphemeStart()));
  }

  /**
   * Where the first word after so many characters ends, or the last one before; 0: nowhere. Nothing
   * that comes can make such a word longer. Looks no further than it has to: texts may come at once.
   */
  #wordEnd(least: number): number {
    const graphemes = this.#graphemes.segment(this.#text);
    let end = 0;
    for (const { index } of this.#words.segment(this.#text)) {
      if (index === 0 || !this.#isSettled(index)) continue;
      if (graphemes.containing(index)?.index !== index) continue;
      end = index;
      if (end >= least) break;
    }
    return end;
  }

  /** Whether a word ends here whatever comes: `can'` may become `can't`, and `3.` `3.14`. */
  #isSettled(end: number): boolean {
    return end < this.#text.length - 1 || !WITHIN_WORDS.test(this.#text.charAt(end));
  }

  /** Where the last grapheme begins: what comes next may belong to it. */
  #lastGraphemeStart(): number {
    return this.#graphemes.segment(this.#text).containing(this.#text.length - 1)?.index ?? 0;
  }

  #cut(end: number): string {
    const taken = this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    const kept = this.#arrivals.map(({ from, at }) => ({ from: from - end, at }));
    const first = kept.findLastIndex(({ from }) => from <= 0);
    this.#arrivals = this.#text === '' ? [] : kept.slice(Math.max(0, first));
    return taken;
  }
}
