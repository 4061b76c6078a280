import * as http from 'node:http';
import * as https from 'node:https';
import { urlToHttpOptions } from 'node:url';
import type { ProxySettings } from '../../config/settings.js';
import { Agents, type TunnelOptions } from './agents.js';
import { NodeResponse } from './node-response.js';
import {
  ConnectionFailedError,
  ConnectTimeoutError,
  ProxyRefusedError,
  RedirectRefusedError,
  UpgradeRefusedError,
} from './transport-errors.js';
import { trusting } from './trusted-authorities.js';

/** How a {@link NodeTransport} reaches the world. */
export interface TransportOptions {
  /** @default none */
  proxy?: ProxySettings | undefined;
  /** Path of a PEM file of authorities to trust beside the usual ones. @default none */
  extraCaCerts?: string | undefined;
}

/** As much of `RequestInit` as the `openai` client sends. */
export interface NodeRequestInit {
  method?: string | undefined;
  headers?: Headers | Readonly<Record<string, string>> | undefined;
  body?: string | undefined;
  signal?: AbortSignal | null | undefined;
}

/** `fetch`, as far as the `openai` client uses it. */
export type NodeFetch = (input: string | URL, init?: NodeRequestInit) => Promise<NodeResponse>;

/** An address, as a request to it begins. */
interface Target {
  href: string;
  /** Whether TLS is spoken. */
  secure: boolean;
  options: https.RequestOptions;
}

/**
 * Requests over `node:http` in the shape of `fetch`. The global `fetch` costs more on the way of
 * each chunk (undici and web streams) than everything that we do with it.
 */
export class NodeTransport {
  readonly #agents: Agents;

  /** @throws Error where the file of `extraCaCerts` is not one of certificates */
  constructor({ proxy = {}, extraCaCerts }: TransportOptions = {}) {
    this.#agents = new Agents(proxy, extraCaCerts ? trusting(extraCaCerts) : undefined);
  }

  /**
   * A `fetch` that resolves once the headers are here. The signal closes the socket at once, then
   * and later, until the body has ended. It rejects with ConnectTimeoutError,
   * ConnectionFailedError, ProxyRefusedError, RedirectRefusedError, UpgradeRefusedError,
   * UnknownEncodingError or the signal's reason.
   *
   * @param connectTimeoutMs longest wait for a connection: look-up, proxy and TLS together
   */
  fetchWithin(connectTimeoutMs: number): NodeFetch {
    let target: Target | undefined;
    return async (input, init = {}) => {
      // A provider has one address: to take it apart costs 5 µs.
      const href = String(input);
      if (target?.href !== href) target = this.#target(href);
      return this.#fetch(target, init, connectTimeoutMs);
    };
  }

  /** Closes all connections. */
  close(): void {
    this.#agents.close();
  }

  #target(href: string): Target {
    const url = new URL(href);
    const { agent, secure, options } = this.#agents.route(url);
    return { href, secure, options: { ...urlToHttpOptions(url), ...options, agent } };
  }

  #fetch(
    { href, secure, options }: Target,
    init: NodeRequestInit,
    connectTimeoutMs: number,
  ): Promise<NodeResponse> {
    const { signal } = init;
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    const { promise, resolve, reject } = Promise.withResolvers<NodeResponse>();
    const opening = new AbortController();
    const request = (secure ? https : http).request({
      ...options,
      method: init.method ?? 'GET',
      headers: { ...options.headers, ...requestHeaders(init) },
      opening: opening.signal,
    } as https.RequestOptions & TunnelOptions);

    let message: http.IncomingMessage | undefined;
    const fail = (error: unknown) => {
      settled();
      // Said here and not left to the request: while its tunnel is being opened it says nothing.
      reject(error);
      opening.abort();
      (message ?? request).destroy(error as Error);
    };
    const abort = () => fail(signal?.reason);
    const expire = () => fail(new ConnectTimeoutError(connectTimeoutMs));
    const timer = setTimeout(expire, connectTimeoutMs);
    const settled = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };

    signal?.addEventListener('abort', abort);
    request.on('error', (error: NodeJS.ErrnoException) => {
      // What has no code is an error of ours, such as the agent's.
      fail(typeof error.code === 'string' ? new ConnectionFailedError(error.code, error) : error);
    });
    request.once('socket', (socket) => {
      const connected = () => clearTimeout(timer);
      if (request.reusedSocket || (!secure && !socket.connecting)) connected();
      else socket.once(secure ? 'secureConnect' : 'connect', connected);
    });
    request.once('response', (incoming) => {
      message = incoming;
      clearTimeout(timer);
      incoming.once('close', settled);
      try {
        resolve(respond(href, incoming));
      } catch (error) {
        fail(error);
      }
    });
    request.once('upgrade', (_message, socket) => {
      // It is no longer the request's, which would not close it.
      socket.destroy();
      fail(new UpgradeRefusedError());
    });
    request.end(init.body);
    return promise;
  }
}

function respond(href: string, incoming: http.IncomingMessage): NodeResponse {
  const status = incoming.statusCode ?? 0;
  if (status === 407) throw new ProxyRefusedError(status);
  if (status >= 300 && status < 400) throw new RedirectRefusedError(status);
  return new NodeResponse(href, incoming);
}

function requestHeaders({ headers, body }: NodeRequestInit): http.OutgoingHttpHeaders {
  return {
    ...(headers instanceof Headers ? Object.fromEntries(headers) : headers),
    'accept-encoding': 'identity',
    ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
  };
}
