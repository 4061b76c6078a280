import { connect, type Socket } from 'node:net';

/** An answer as it was on the wire. */
export interface RawAnswer {
  version: string;
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** The body as the server cut it: the chunks of the chunked coding (RFC 9112, 7.1), or one. */
  chunks: readonly Buffer[];
  body: Buffer;
}

/** A request as its bytes: its head line by line, and a body. */
export function rawRequest(head: readonly string[], body: string | Buffer = ''): Buffer {
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), Buffer.from(body)]);
}

/** A connection to which a test writes exact bytes, and from which it reads answers in order. */
export class RawConnection {
  #received = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => undefined;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (piece: Buffer) => {
      this.#received = Buffer.concat([this.#received, piece]);
      this.#wake();
    });
    const end = () => {
      this.#ended = true;
      this.#wake();
    };
    // Without a listener, the 'error' of a cut connection would end the test process.
    socket.on('end', end).on('close', end).on('error', end);
  }

  /** @param url of a server; its path is not looked at */
  static open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => resolve(new RawConnection(socket)));
      socket.once('error', reject);
    });
  }

  write(bytes: string | Uint8Array): this {
    this.socket.write(bytes);
    return this;
  }

  /** Reads the next answer. @param withBody false for an answer to HEAD */
  async answer(withBody = true): Promise<RawAnswer> {
    const [statusLine = '', ...lines] = (await this.#until('\r\n\r\n')).split('\r\n');
    const [version = '', status = ''] = statusLine.split(' ');
    const headers = Object.fromEntries(
      lines.map((line) => {
        const [name = '', ...value] = line.split(':');
        return [name.toLowerCase(), value.join(':').trim()];
      }),
    );
    const chunks: Buffer[] = [];
    const bare = !withBody || /^1\d\d|204|304$/.test(status);
    if (!bare) for await (const chunk of this.#body(headers)) chunks.push(chunk);
    return { version, status: Number(status), headers, chunks, body: Buffer.concat(chunks) };
  }

  /** Resolves when the server has ended the connection; what it had to say has been read by then. */
  async ended(): Promise<void> {
    while (!this.#ended) await this.#more();
    if (this.#received.length > 0) throw new Error(`Not read: ${this.#received.toString()}`);
  }

  close(): void {
    this.socket.destroy();
  }

  async *#body(headers: Readonly<Record<string, string>>): AsyncGenerator<Buffer> {
    if (headers['transfer-encoding'] === 'chunked') {
      for (;;) {
        const size = Number.parseInt(await this.#until('\r\n'), 16);
        const chunk = await this.#take(size);
        await this.#until('\r\n');
        if (size === 0) return;
        yield chunk;
      }
    }
    if (headers['content-length'] !== undefined) {
      yield await this.#take(Number(headers['content-length']));
      return;
    }
    while (!this.#ended) await this.#more();
    yield await this.#take(this.#received.length);
  }

  /** What stands before a mark, which is passed over. */
  async #until(mark: string): Promise<string> {
    while (!this.#received.includes(mark)) await this.#more();
    const text = (await this.#take(this.#received.indexOf(mark))).toString();
    await this.#take(mark.length);
    return text;
  }

  async #take(length: number): Promise<Buffer> {
    while (this.#received.length < length) await this.#more();
    const taken = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return taken;
  }

  #more(): Promise<void> {
    if (this.#ended) {
      throw new Error(`The connection ended after ${JSON.stringify(this.#received.toString())}`);
    }
    return new Promise((resolve) => (this.#wake = resolve));
  }
}
