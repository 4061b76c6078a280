const NEWLINE = 0x0a;

/** How much of the beginning and of the end of a line that is too long is shown. */
const SHOWN_BYTES = 512;

/** Cuts a byte stream into lines of UTF-8, of which it holds only one at a time. */
export class LineSplitter {
  #pieces: Buffer[] = [];
  #bytes = 0;

  /**
   * @param maxBytes the longest line
   * @param onLine is given each line without its end
   * @param onTooLong is given the beginning and the end of a line that is longer
   */
  constructor(
    private readonly maxBytes: number,
    private readonly onLine: (line: string) => void,
    private readonly onTooLong: (beginning: string, end: string) => void,
  ) {}

  push(chunk: Buffer): void {
    let rest = chunk;
    for (let at = rest.indexOf(NEWLINE); at >= 0; at = rest.indexOf(NEWLINE)) {
      this.#add(rest.subarray(0, at));
      this.end();
      rest = rest.subarray(at + 1);
    }
    this.#add(rest);
  }

  /** The end of the line, or of the stream: what waits is a line if it is anything. */
  end(): void {
    const bytes = Buffer.concat(this.#pieces);
    const isTooLong = this.#bytes > this.maxBytes;
    this.#pieces = [];
    this.#bytes = 0;
    if (isTooLong) {
      const end = bytes.subarray(-SHOWN_BYTES).toString();
      return this.onTooLong(bytes.subarray(0, SHOWN_BYTES).toString(), end);
    }
    const line = bytes.toString().replace(/\r$/, '');
    if (line !== '') this.onLine(line);
  }

  #add(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#bytes += piece.length;
    this.#pieces.push(piece);
    if (this.#bytes <= this.maxBytes) return;
    // Its two ends are all that is kept of it. Copied: a view would hold the whole memory.
    const kept = Buffer.concat(this.#pieces);
    this.#pieces = [kept.subarray(0, SHOWN_BYTES), kept.subarray(-SHOWN_BYTES)].map((one) =>
      Buffer.from(one),
    );
  }
}
