import { ExpectedText, type AnswerSpec } from '../answer.ts';
import { monotonicMs } from '../clock.ts';
import type { Contender } from '../contenders/contender.ts';
import type { ResponseEvents } from './response-reader.ts';

/** What those who wait for an answer are told. */
export interface AnswerEvents {
  /** Its first token is there. */
  opened(): void;
  /** Its last token is there. */
  said(): void;
  ended(): void;
  failed(error: Error): void;
}

/** Reads one answer, checks every character of it, and notes when each token was there. */
export class AnswerReader implements ResponseEvents {
  readonly spec: AnswerSpec;
  /** When the token was whole, by the monotonic clock. */
  readonly arrivedAt: Float64Array;
  readonly sentAt = monotonicMs();
  /** The tokens that are there. */
  tokens = 0;
  /** The pieces of text that they came in. */
  pieces = 0;
  #length = 0;
  readonly #expected: ExpectedText;
  readonly #contender: Contender;
  readonly #events: AnswerEvents;

  constructor(spec: AnswerSpec, contender: Contender, events: AnswerEvents) {
    this.spec = spec;
    this.arrivedAt = new Float64Array(spec.tokens);
    this.#expected = new ExpectedText(spec);
    this.#contender = contender;
    this.#events = events;
  }

  payload(payload: string): void {
    const text = this.#contender.textOf(payload);
    if (text === undefined || text === '') return;
    if (!this.#expected.text.startsWith(text, this.#length)) {
      const due = this.#expected.text.slice(this.#length, this.#length + text.length);
      this.#fail(`got ${JSON.stringify(text)} where ${JSON.stringify(due)} was due`);
      return;
    }
    this.#length += text.length;
    this.pieces += 1;
    this.#arrive(monotonicMs());
  }

  end(): void {
    if (this.tokens < this.spec.tokens) this.refused('the stream ended');
    else this.#events.ended();
  }

  refused(what: string): void {
    this.#fail(`after ${this.tokens} of ${this.spec.tokens} tokens: ${what}`);
  }

  #arrive(at: number): void {
    const { ends } = this.#expected;
    const before = this.tokens;
    while (this.tokens < ends.length && ends[this.tokens]! <= this.#length) {
      this.arrivedAt[this.tokens] = at;
      this.tokens += 1;
    }
    if (before === 0 && this.tokens > 0) this.#events.opened();
    if (before < this.tokens && this.tokens === ends.length) this.#events.said();
  }

  #fail(what: string): void {
    this.#events.failed(new Error(`${this.#contender.id}: answer ${this.spec.id}: ${what}`));
  }
}
