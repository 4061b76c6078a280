import { EventEmitter, once } from 'node:events';
import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { ObservedList } from './observed-list.js';

/** What a proxy does to one request. */
export interface Mischief {
  /** Answers by itself; the service never hears of the request. */
  instead?: {
    status: number;
    headers?: Record<string, string>;
    body?: string;
    /** Leaves the answer open. */
    hangs?: boolean;
  };
  /** Takes the request and never answers. */
  hangs?: boolean;
  /** Breaks the connection instead of handing the answer's head on: the service has the request. */
  cutsHead?: boolean;
  /** Goes on with the answer when this resolves. */
  waitsFor?: Promise<unknown>;
  /** Hands the body on in pieces of so many bytes. @default as it comes */
  pieces?: number;
  /** Hands each whole event on twice. */
  doubles?: boolean;
  /** Put before the body. */
  prefix?: string;
  /** How many bytes of the body get through. @default all */
  bytes?: number;
  /** What comes after those bytes: the connection breaks, ends as if it were over, or says nothing more. */
  then?: 'break' | 'end' | 'silence';
}

/** A request as it came to the proxy. */
export interface PassedRequest {
  method: string;
  /** The path and the query. */
  path: string;
  headers: IncomingHttpHeaders;
}

/**
 * A network at its worst, between a client and the service: what it does to each request is for the test
 * to say. Other requests than these go through as they are.
 */
export class UnrulyProxy {
  /** Every request so far, in their order. */
  readonly requests = new ObservedList<PassedRequest>();
  /** How many requests of clients are not over. */
  open = 0;
  readonly #planned: Mischief[] = [];
  readonly #closings = new EventEmitter();
  /** What is done to each request that nothing was planned for. */
  always: Mischief = {};

  private constructor(
    private readonly server: Server,
    private readonly target: string,
  ) {
    server.on('request', (incoming, response) => void this.#serve(incoming, response));
  }

  /** @param target the origin of the service */
  static async start(target: string): Promise<UnrulyProxy> {
    const server = createServer({ keepAliveTimeout: 0 });
    const proxy = new UnrulyProxy(server, target);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What to do to the next requests to `/chat` and to streams, one each. */
  plan(...mischief: readonly Mischief[]): this {
    this.#planned.push(...mischief);
    return this;
  }

  /** Resolves when no client has a connection with a request any more. */
  async quiet(): Promise<void> {
    while (this.open > 0) await once(this.#closings, 'closed');
  }

  /** Lets what was planned and did not happen be. */
  calm(): void {
    this.#planned.length = 0;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = incoming;
    const isAnswer = url.endsWith('/chat') || url.includes('/stream');
    const mischief = isAnswer ? (this.#planned.shift() ?? this.always) : {};
    this.open += 1;
    response.once('close', () => {
      this.open -= 1;
      this.#closings.emit('closed');
    });
    const body: Buffer[] = [];
    for await (const piece of incoming as AsyncIterable<Buffer>) body.push(piece);
    this.requests.push({ method, path: url, headers });
    await mischief.waitsFor;
    if (mischief.hangs) return;
    if (mischief.instead !== undefined) return answerWith(mischief.instead, response);
    // A socket of its own: a pooled one would hold the service open after the test.
    const outgoing = request(`${this.target}${url}`, { method, headers, agent: false });
    outgoing.on('error', () => response.destroy());
    response.once('close', () => outgoing.destroy());
    outgoing.once('response', (answer: IncomingMessage) => {
      if (mischief.cutsHead) response.destroy();
      else void deliver(answer, response, mischief);
    });
    outgoing.end(Buffer.concat(body));
  }
}

function answerWith(
  { status, headers, body = '', hangs }: NonNullable<Mischief['instead']>,
  response: ServerResponse,
): void {
  response.writeHead(status, headers);
  if (!hangs) response.end(body);
  else if (body === '') response.flushHeaders();
  else response.write(body);
}

async function deliver(
  answer: IncomingMessage,
  response: ServerResponse,
  mischief: Mischief,
): Promise<void> {
  const { pieces, doubles, prefix = '', bytes = Infinity, then = 'break' } = mischief;
  // The length of the body is no longer the service's.
  const headers = Object.entries(answer.headers).filter(([name]) => name !== 'content-length');
  response.writeHead(answer.statusCode!, Object.fromEntries(headers));
  response.flushHeaders();
  let left = bytes;
  const send = async (piece: Buffer): Promise<void> => {
    const passed = piece.subarray(0, Math.min(left, piece.length));
    left -= passed.length;
    const size = pieces ?? Math.max(1, passed.length);
    for (let at = 0; at < passed.length; at += size) {
      // Each piece by itself: it is on its way before the next one is written.
      await new Promise((sent) => response.write(passed.subarray(at, at + size), sent));
    }
  };
  try {
    await send(Buffer.from(prefix));
    for await (const piece of doubles ? doubled(answer) : (answer as AsyncIterable<Buffer>)) {
      await send(piece);
      if (left === 0) break;
    }
  } catch {
    return void response.destroy();
  }
  if (left > 0 || then === 'end') response.end();
  else if (then === 'break') response.destroy();
  // Of silence the client makes an end.
}

/** The events of a stream, each of them twice. */
async function* doubled(answer: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let text = '';
  for await (const piece of answer) {
    text += piece.toString('latin1');
    const events = text.split('\n\n');
    text = events.pop()!;
    for (const event of events) yield Buffer.from(`${event}\n\n${event}\n\n`, 'latin1');
  }
  if (text !== '') yield Buffer.from(text, 'latin1');
}
