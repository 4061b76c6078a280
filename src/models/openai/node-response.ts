import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { UnknownEncodingError } from './transport-errors.js';

/** The most of a body that `text()` reads, in bytes: error pages and their JSON are far shorter. */
const TEXT_LIMIT = 1024 * 1024;

/** The longest wait for such a text, in milliseconds: a refusal is told by its status too. */
const TEXT_WAIT = 5_000;

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** As much of WHATWG `Headers` as is read of an answer. To copy a message's into one costs 20 µs. */
export class MessageHeaders {
  readonly #message: IncomingMessage;

  constructor(message: IncomingMessage) {
    this.#message = message;
  }

  /** The values under a name, joined as `Headers` does; null where there is none. */
  get(name: string): string | null {
    return this.#message.headersDistinct[name.toLowerCase()]?.join(', ') ?? null;
  }

  *entries(): Generator<[name: string, value: string]> {
    for (const [name, values = []] of Object.entries(this.#message.headersDistinct)) {
      yield [name, values.join(', ')];
    }
  }
}

/** As much of a WHATWG `Response` as the `openai` client reads, over a Node message. */
export class NodeResponse {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: MessageHeaders;
  /** The content, decoded if it came encoded. Nothing of it is read yet. */
  readonly body: Readable;

  /** @throws UnknownEncodingError */
  constructor(
    readonly url: string,
    /** The message as it came from the socket. */
    readonly incoming: IncomingMessage,
  ) {
    this.status = incoming.statusCode ?? 0;
    this.ok = this.status >= 200 && this.status < 300;
    this.headers = new MessageHeaders(incoming);
    this.body = decoded(incoming);
  }

  /** The body as text: at most 1 MiB of it, and what of it comes within 5 seconds. */
  async text(): Promise<string> {
    const chunks: Buffer[] = [];
    let length = 0;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.body.destroy();
    }, TEXT_WAIT);
    try {
      for await (const chunk of this.body as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        length += chunk.length;
        if (length >= TEXT_LIMIT) break;
      }
    } catch (error) {
      if (!late) throw error;
    } finally {
      clearTimeout(timer);
    }
    return Buffer.concat(chunks).toString('utf8', 0, TEXT_LIMIT);
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text()) as unknown;
  }
}

/** We ask for `identity`, but some servers compress whatever they are asked. */
function decoded(incoming: IncomingMessage): Readable {
  const encoding = (incoming.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return incoming;
  const decoder = DECODERS[encoding]?.();
  if (decoder === undefined) throw new UnknownEncodingError(encoding);
  // Its errors destroy `decoder` too, which is where the reader hears of them.
  return pipeline(incoming, decoder, () => undefined);
}
