import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** A message of a request, as the service sent it. */
export interface RequestMessage {
  role: string;
  content: string;
  [field: string]: unknown;
}

/** The body of a `POST …/chat/completions`. */
export interface ChatCompletionBody {
  model: string;
  messages: readonly RequestMessage[];
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  [field: string]: unknown;
}

/**
 * How an exchange ended: the whole answer was sent, the script dropped it, or the client left (or
 * the provider was closed) before either.
 */
export type ExchangeEnd = 'completed' | 'dropped' | 'left';

/** One request that the provider received. */
export interface ProviderRequest {
  /** 1 for the first request since the provider started. */
  readonly number: number;
  readonly method: string;
  /** Without the query, such as `/v1/chat/completions`. */
  readonly path: string;
  /** With its `?`; empty where there is none. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** The body's exact bytes. */
  readonly raw: Buffer;
  /** The parsed body; without a model and messages where the request has no JSON body. */
  readonly body: ChatCompletionBody;
  /** Resolves when the exchange is over. The socket may live on (keep-alive). */
  readonly closed: Promise<ExchangeEnd>;
}

/** Reads a whole request; undefined where the client left before its end. */
export async function readRequest(
  message: IncomingMessage,
  number: number,
  closed: Promise<ExchangeEnd>,
): Promise<ProviderRequest | undefined> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of message) pieces.push(piece as Buffer);
  } catch {
    return undefined;
  }
  const raw = Buffer.concat(pieces);
  const url = new URL(message.url ?? '/', 'http://provider');
  return {
    number,
    method: message.method ?? '',
    path: url.pathname,
    query: url.search,
    headers: message.headers,
    raw,
    body: parseBody(raw) ?? { model: '', messages: [] },
    closed,
  };
}

/** Parses a body; undefined where it is not a JSON object. */
export function parseBody(raw: Buffer): ChatCompletionBody | undefined {
  try {
    const body: unknown = JSON.parse(raw.toString());
    return typeof body === 'object' && body !== null ? (body as ChatCompletionBody) : undefined;
  } catch {
    return undefined;
  }
}
