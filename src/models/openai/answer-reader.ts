import { EndedEarlyError, NoAnswerError, NotJsonError } from './answer-errors.js';
import type { CompletionDecoder } from './completion-decoder.js';
import { MAX_SSE_LINE, SseParser, SseTooLongError } from './sse-parser.js';

/** Types that a body of JSON may come under; '' is none. */
const DOCUMENT_TYPES =
  /^(text\/event-stream|text\/plain|application\/(.+\+)?json|application\/x-ndjson|)$/;

/** Bytes that may stand before the first that tells something: white space and a BOM. */
const BLANK: ReadonlySet<number | undefined> = new Set([9, 10, 13, 32, 0xef, 0xbb, 0xbf]);

/** First characters of the lines of an event stream: comment, `data`, `event`, `id`, `retry`. */
const EVENT_STARTS = ':deir';

/** Who is told of what is read. */
export interface AnswerSink {
  /** A payload of so many characters. */
  read(characters: number): void;
  /** A whole event or comment: what is only a part of one may never become more. */
  alive(): void;
}

/**
 * Reads the body of a successful response into a decoder. Whether it is an event stream or a JSON
 * document is told by its first character, since servers that do not stream, or that fail with
 * status 200, put either under the type of the other: `{` never begins a line of an event stream.
 */
export class AnswerReader {
  readonly #type: string;
  readonly #sse: SseParser;
  #document: string | undefined;
  readonly #documentDecoder = new TextDecoder();
  #begun = false;

  constructor(
    contentType: string | null,
    private readonly decoder: CompletionDecoder,
    sink: AnswerSink,
  ) {
    this.#type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
    this.#sse = new SseParser({
      data(payload, event) {
        sink.read(payload.length);
        sink.alive();
        // What follows `[DONE]` is no part of the answer.
        if (!decoder.done) decoder.decode(payload, event);
      },
      comment: () => sink.alive(),
    });
  }

  /** @throws what the parser, the decoder and the look at the first character throw */
  push(chunk: Uint8Array): void {
    if (!this.#begun) this.#begin(chunk);
    if (this.#document === undefined) this.#sse.push(chunk);
    // The bytes of a BOM may come one by one: both must see those before anything is known.
    if (this.#document !== undefined || !this.#begun) this.#readDocument(chunk);
  }

  /** @throws as {@link push} does, and EndedEarlyError where the end cuts a line */
  end(): void {
    if (this.#document !== undefined) {
      return this.decoder.decodeDocument(this.#document + this.#documentDecoder.decode());
    }
    const insideLine = this.#sse.insideLine;
    try {
      this.#sse.end();
    } catch (error) {
      // Else the ordinary drop of a provider would be its fault for good.
      if (insideLine && error instanceof NotJsonError) {
        throw new EndedEarlyError('The stream ended inside of a line.');
      }
      throw error;
    }
  }

  #readDocument(chunk: Uint8Array): void {
    const text = this.#documentDecoder.decode(chunk, { stream: true });
    if (this.#document === undefined) return;
    this.#document += text;
    if (this.#document.length > MAX_SSE_LINE) throw new SseTooLongError(MAX_SSE_LINE);
  }

  #begin(chunk: Uint8Array): void {
    const at = chunk.findIndex((byte) => !BLANK.has(byte));
    if (at === -1) return;
    this.#begun = true;
    const first = String.fromCharCode(chunk[at] ?? 0);
    if ('{['.includes(first) && DOCUMENT_TYPES.test(this.#type)) this.#document = '';
    else if (!this.#mayBeEvents(first)) throw new NoAnswerError(this.#type, first);
  }

  #mayBeEvents(first: string): boolean {
    if (this.#type === 'text/event-stream' || this.#type === '') return first !== '<';
    return this.#type !== 'text/html' && EVENT_STARTS.includes(first);
  }
}
