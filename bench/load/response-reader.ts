/** What becomes of a response. */
export interface ResponseEvents {
  /** The payload of one `data:` line. */
  payload(payload: string): void;
  /** The response is whole. */
  end(): void;
  /** It is none that can be read: another status, another coding of its body. */
  refused(what: string): void;
}

const LF = 0x0a;
const HEAD_END = '\r\n\r\n';
const NOTHING = Buffer.alloc(0);

/** Where in an HTTP response with a chunked body the next byte is. */
type Place = 'head' | 'size' | 'piece' | 'piece-end' | 'trailer' | 'over';

/**
 * Reads one response of server-sent events out of the bytes of its connection: as little of HTTP and of
 * SSE as the contenders' answers need, since its cost is to vanish beside theirs.
 */
export class ResponseReader {
  #place: Place = 'head';
  #head = '';
  /** What is left of the piece, or has been read of its size. */
  #left = 0;
  /** The beginning of a line whose end has not come. */
  #rest: Buffer = NOTHING;
  readonly #events: ResponseEvents;

  constructor(events: ResponseEvents) {
    this.#events = events;
  }

  /** Whether the connection can take the next request once this response is over. */
  get keepsConnection(): boolean {
    return !/\r\nconnection: *close/i.test(this.#head);
  }

  /** @param bytes are only looked at during the call */
  push(bytes: Buffer): void {
    let at = this.#place === 'head' ? this.#readHead(bytes) : 0;
    while (at < bytes.length && this.#place !== 'over') {
      if (this.#place === 'size') at = this.#readSize(bytes, at);
      else if (this.#place === 'piece') at = this.#readPiece(bytes, at);
      else at = this.#readLineEnd(bytes, at);
    }
  }

  #readHead(bytes: Buffer): number {
    const before = this.#head.length;
    this.#head += bytes.toString('latin1');
    const end = this.#head.indexOf(HEAD_END);
    if (end < 0) return bytes.length;
    const isStream = this.#head.startsWith('HTTP/1.1 200') && /chunked/i.test(this.#head);
    if (!isStream) {
      this.#place = 'over';
      this.#events.refused(this.#head.slice(0, 2000));
      return bytes.length;
    }
    this.#head = this.#head.slice(0, end);
    this.#place = 'size';
    return end + HEAD_END.length - before;
  }

  #readSize(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at]!;
      if (byte === LF) {
        this.#place = this.#left === 0 ? 'trailer' : 'piece';
        return at + 1;
      }
      // 0-9 are 0x30 to 0x39, a-f and A-F end in 1 to 6; what else there may be is the CR.
      if (byte >= 0x41) this.#left = this.#left * 16 + (byte & 0x0f) + 9;
      else if (byte >= 0x30) this.#left = this.#left * 16 + byte - 0x30;
    }
    return bytes.length;
  }

  #readPiece(bytes: Buffer, from: number): number {
    const to = Math.min(bytes.length, from + this.#left);
    this.#left -= to - from;
    if (this.#left === 0) this.#place = 'piece-end';
    this.#readEvents(bytes.subarray(from, to));
    return to;
  }

  /** The end of line after a piece, or after the last, empty one. */
  #readLineEnd(bytes: Buffer, from: number): number {
    const end = bytes.indexOf(LF, from);
    if (end < 0) return bytes.length;
    if (this.#place === 'piece-end') {
      this.#place = 'size';
    } else {
      this.#place = 'over';
      this.#events.end();
    }
    return end + 1;
  }

  #readEvents(piece: Buffer): void {
    const lineEnd = piece.lastIndexOf(LF) + 1;
    if (lineEnd === 0) {
      this.#rest = Buffer.concat([this.#rest, piece]);
      return;
    }
    const lines =
      this.#rest.length === 0
        ? piece.toString('utf8', 0, lineEnd)
        : Buffer.concat([this.#rest, piece.subarray(0, lineEnd)]).toString('utf8');
    this.#rest = lineEnd === piece.length ? NOTHING : Buffer.from(piece.subarray(lineEnd));
    for (let from = 0; from < lines.length;) {
      const end = lines.indexOf('\n', from);
      if (lines.startsWith('data:', from)) {
        const payload = from + (lines[from + 5] === ' ' ? 6 : 5);
        this.#events.payload(lines.slice(payload, end));
      }
      from = end + 1;
    }
  }
}
