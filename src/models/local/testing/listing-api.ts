import type { IncomingMessage, ServerResponse } from 'node:http';
import { NodeTransport } from '../../openai/node-transport.js';
import { bodyOf, listen, type LocalServer } from '../../openai/testing/local-server.js';
import { Inquiry } from '../inquiry.js';

/** A question to a server, as it came. */
export interface Asked {
  /** The method and the path with its query, such as `GET /api/tags`. */
  readonly line: string;
  /** The parsed body; `{}` where there is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a server answers. */
export interface Told {
  readonly status: number;
  readonly body: string;
}

/** How a server tells of its models; undefined for what belongs to another of its APIs. */
export type ListingApi = (asked: Asked) => Told | undefined;

/** A server of a spec's own that speaks a listing API. */
export interface ListingServer extends LocalServer {
  /** The lines of what it was asked so far. */
  readonly asked: readonly string[];
  /** The headers of the latest question. */
  readonly headers: IncomingMessage['headers'];
}

/** @param port @default a free one */
export async function listenWith(api: ListingApi, port?: number): Promise<ListingServer> {
  const asked: string[] = [];
  let headers: IncomingMessage['headers'] = {};
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const line = `${request.method} ${request.url}`;
    asked.push(line);
    headers = request.headers;
    const text = await bodyOf(request);
    const body = text === '' ? {} : (JSON.parse(text) as Asked['body']);
    const told = api({ line, body }) ?? notFound();
    response.writeHead(told.status, { 'content-type': 'application/json' }).end(told.body);
  };
  const server = await listen((request, response) => void answer(request, response), port);
  return {
    ...server,
    asked,
    get headers() {
      return headers;
    },
  };
}

/** Questions to it, with no end to the time but the test's own. */
export function inquiryTo({ url }: LocalServer): Inquiry {
  const fetch = new NodeTransport().fetchWithin(10_000);
  return new Inquiry(url, { fetch, headers: {}, signal: new AbortController().signal });
}

export function ok(body: unknown): Told {
  return { status: 200, body: JSON.stringify(body) };
}

export function notFound(): Told {
  return { status: 404, body: '404 page not found' };
}
