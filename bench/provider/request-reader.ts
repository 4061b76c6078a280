const HEAD_END = Buffer.from('\r\n\r\n');
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;

/** Takes the bodies of HTTP requests out of the bytes of one connection. */
export class RequestReader {
  #bytes: Buffer = Buffer.alloc(0);
  readonly #take: (body: string) => void;

  constructor(take: (body: string) => void) {
    this.#take = take;
  }

  /** Throws where a request tells no length. */
  push(bytes: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    for (;;) {
      const headEnd = this.#bytes.indexOf(HEAD_END);
      if (headEnd < 0) return;
      const length = CONTENT_LENGTH.exec(this.#bytes.toString('latin1', 0, headEnd))?.[1];
      if (length === undefined) throw new Error('a request without Content-Length');
      const from = headEnd + HEAD_END.length;
      const end = from + Number(length);
      if (this.#bytes.length < end) return;
      this.#take(this.#bytes.toString('utf8', from, end));
      this.#bytes = this.#bytes.subarray(end);
    }
  }
}
