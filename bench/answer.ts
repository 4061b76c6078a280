import { VOCABULARY } from './vocabulary.ts';

/**
 * The answer that a request asks the provider for. It is the request's message, as JSON, so every
 * contender passes it on untouched.
 */
export interface AnswerSpec {
  /** Tells the answers of one measurement apart when the provider is asked when it sent them. */
  readonly id: number;
  /** Which text it is: equal seeds, equal tokens. */
  readonly seed: number;
  readonly tokens: number;
  /** Milliseconds from one token to the next; 0: as fast as the provider can write. */
  readonly everyMs: number;
  /** Whether it waits after its first token, and again before its end, until it is released. */
  readonly held: boolean;
}

/** The words of the answer's text, each a token: an index into `VOCABULARY`. */
export function tokenIndex(seed: number, position: number): number {
  // A walk with an odd step meets every word before it repeats itself.
  return (seed * 7919 + position * 373) & (VOCABULARY.length - 1);
}

/** What a reader must get, and where in it each token ends. */
export class ExpectedText {
  readonly text: string;
  /** The length of the text up to the end of each token. */
  readonly ends: Int32Array;

  constructor(spec: AnswerSpec) {
    this.ends = new Int32Array(spec.tokens);
    let text = '';
    for (let position = 0; position < spec.tokens; position += 1) {
      text += VOCABULARY[tokenIndex(spec.seed, position)];
      this.ends[position] = text.length;
    }
    this.text = text;
  }
}
