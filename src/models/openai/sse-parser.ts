/** Longest line that is kept, in UTF-16 units: far above any real chunk, far below the heap. */
export const MAX_SSE_LINE = 8 * 1024 * 1024;

const [LF, CR, SPACE, COLON] = [10, 13, 32, 58];

/** A line or an event of the stream is longer than {@link MAX_SSE_LINE}. */
export class SseTooLongError extends Error {
  constructor(limit: number) {
    super(`An event of the stream is longer than ${limit} characters.`);
    this.name = 'SseTooLongError';
  }
}

/** Who is told what the parser finds. */
export interface SseSink {
  /** An event's `data`, its lines joined with LF; `event` is its name, '' where it has none. */
  data(payload: string, event: string): void;
  /** A comment, whole: some providers send them to show that they are alive. */
  comment(): void;
}

/**
 * Reads a `text/event-stream` (WHATWG HTML, 9.2.6) out of bytes that may be cut anywhere.
 *
 * It differs from the standard at the end of the input: there a pending event is delivered, where
 * a browser drops it. Some providers close the connection without a last blank line, and what they
 * said last is the finish reason.
 */
export class SseParser {
  readonly #decoder = new TextDecoder();
  #rest = '';
  #afterCr = false;
  #data: string | undefined;
  #event = '';

  /** @param maxLine longest line, and longest event, in UTF-16 units */
  constructor(
    private readonly sink: SseSink,
    private readonly maxLine: number = MAX_SSE_LINE,
  ) {}

  /** Reads on. Calls the sink before it returns; what the sink throws is thrown from here. */
  push(chunk: Uint8Array): void {
    this.#read(this.#decoder.decode(chunk, { stream: true }));
  }

  /** Whether the input so far stops before the end of a line. */
  get insideLine(): boolean {
    return this.#rest !== '';
  }

  /** The input has ended: the last line and event count although nothing closed them. */
  end(): void {
    this.#read(`${this.#decoder.decode()}\n`);
    this.#dispatch();
  }

  #read(decoded: string): void {
    const text = this.#withoutLoneCr(decoded);
    let end = text.indexOf('\n');
    if (end === -1) return this.#keep(text);
    let start = 0;
    if (this.#rest !== '') {
      const line = this.#rest + text.slice(0, end);
      this.#rest = '';
      this.#line(line, 0, line.length);
      start = end + 1;
      end = text.indexOf('\n', start);
    }
    while (end !== -1) {
      this.#line(text, start, end);
      start = end + 1;
      end = text.indexOf('\n', start);
    }
    if (start < text.length) this.#keep(text.slice(start));
  }

  /**
   * A CR alone ends a line too. It is made an LF, as is one at the very end of a piece: the line
   * is over, and the LF that may open the next piece belongs to it.
   */
  #withoutLoneCr(text: string): string {
    if (this.#afterCr && text !== '') {
      this.#afterCr = false;
      if (text.charCodeAt(0) === LF) text = text.slice(1);
    }
    if (!hasLoneCr(text)) return text;
    this.#afterCr = text.endsWith('\r');
    return text.replaceAll('\r\n', '\n').replaceAll('\r', '\n');
  }

  /** An unfinished line is only concatenated, never searched again: that would be quadratic. */
  #keep(text: string): void {
    this.#rest += text;
    if (this.#rest.length > this.maxLine) throw new SseTooLongError(this.maxLine);
  }

  #line(text: string, start: number, end: number): void {
    if (text.charCodeAt(end - 1) === CR) end--;
    if (start >= end) this.#dispatch();
    else if (text.startsWith('data:', start)) this.#append(value(text, start + 5, end));
    else if (text.startsWith('event:', start)) this.#event = value(text, start + 6, end);
    else if (text.charCodeAt(start) === COLON) this.sink.comment();
    else if (text.slice(start, end) === 'data') this.#append('');
  }

  #append(line: string): void {
    this.#data = this.#data === undefined ? line : `${this.#data}\n${line}`;
    if (this.#data.length > this.maxLine) throw new SseTooLongError(this.maxLine);
  }

  #dispatch(): void {
    const data = this.#data;
    const event = this.#event;
    this.#data = undefined;
    this.#event = '';
    if (data !== undefined) this.sink.data(data, event);
  }
}

function value(text: string, start: number, end: number): string {
  return text.slice(text.charCodeAt(start) === SPACE ? start + 1 : start, end);
}

function hasLoneCr(text: string): boolean {
  for (let cr = text.indexOf('\r'); cr !== -1; cr = text.indexOf('\r', cr + 2)) {
    if (text.charCodeAt(cr + 1) !== LF) return true;
  }
  return false;
}
