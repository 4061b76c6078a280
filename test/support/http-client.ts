import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { OpenStream } from './open-stream.js';

/** What is sent. */
export interface RequestOptions {
  /** @default GET without a body, POST with one */
  method?: string;
  headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON; a string or bytes as they are. */
  body?: unknown;
  /** Ends the request: the socket is destroyed. */
  signal?: AbortSignal;
}

/** A whole answer. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** The body as text, undecoded JSON. */
  body: string;
  /** The body parsed as JSON. */
  json<T = Record<string, unknown>>(): T;
}

/** Sends a request over a socket of its own and reads the whole answer. No redirects, no retries. */
export async function request(url: string, options: RequestOptions = {}): Promise<Answer> {
  const response = await send(url, options);
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  const body = Buffer.concat(pieces).toString();
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body,
    json: <T>() => JSON.parse(body) as T,
  };
}

/** Sends a request and resolves at the headers of its answer, which is then read as it comes. */
export async function openStream(url: string, options: RequestOptions = {}): Promise<OpenStream> {
  return new OpenStream(await send(url, options));
}

function send(url: string, options: RequestOptions): Promise<IncomingMessage> {
  const { body, signal } = options;
  const isJson = body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array);
  const payload = isJson ? JSON.stringify(body) : body;
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(url, {
      // A socket of its own: a pooled one would hold the server open after the test.
      agent: false,
      method: options.method ?? (body === undefined ? 'GET' : 'POST'),
      headers: { ...(isJson ? { 'content-type': 'application/json' } : {}), ...options.headers },
      ...(signal === undefined ? {} : { signal }),
    });
    outgoing.once('response', resolve).once('error', reject);
    outgoing.end(payload);
  });
}
