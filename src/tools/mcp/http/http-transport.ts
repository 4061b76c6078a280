import { setTimeout as wait } from 'node:timers/promises';
import {
  StreamableHTTPClientTransport,
  type JSONRPCMessage,
  type TransportSendOptions,
} from '@modelcontextprotocol/client';
import type { CloseTimes, ServerTransport } from '../server-transport.js';
import { boundedFetch } from './bounded-fetch.js';

/** The code of the error that stands for an answer which never came. */
export const ANSWER_CUT = -32099;

/** Tries in a row to open a broken stream again, after which the connection is lost. */
const MAX_TRIES = 3;

/** Streams that may be opened again in a minute: a server that ends each at once must not be asked for ever. */
const MAX_A_MINUTE = 30;
const MINUTE_MS = 60_000;

/** Shortest wait before a stream is opened again, whatever the server asks for, in milliseconds. */
const SHORTEST_WAIT_MS = 500;

/** How many requests are kept in mind. */
const MAX_REQUESTS = 1_000;

/** The address of a server. */
export interface ServerAddress {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An MCP server at an address, spoken to over streamable HTTP. */
export class HttpTransport extends StreamableHTTPClientTransport implements ServerTransport {
  readonly #ended = Promise.withResolvers<string>();
  readonly #times: CloseTimes;
  /** The latest requests, by their ids. */
  readonly #requests = new Map<unknown, AbortController>();
  #reason?: string;
  #closing?: Promise<void>;

  constructor({ url, headers }: ServerAddress, times: CloseTimes) {
    const opened: number[] = [];
    super(new URL(url), {
      requestInit: { headers },
      fetch: boundedFetch,
      reconnectionOptions: {
        initialReconnectionDelay: 1_000,
        reconnectionDelayGrowFactor: 1.5,
        maxReconnectionDelay: 30_000,
        // The scheduler below gives up, and tells of it, before the client would without a word.
        maxRetries: MAX_TRIES + 1,
      },
      reconnectionScheduler: (reconnect, delay, tries) => {
        const now = performance.now();
        while (opened[0] !== undefined && opened[0] < now - MINUTE_MS) opened.shift();
        opened.push(now);
        if (tries >= MAX_TRIES || opened.length > MAX_A_MINUTE) {
          return this.lose('its stream of events cannot be kept open');
        }
        const timer = setTimeout(reconnect, Math.max(delay, SHORTEST_WAIT_MS));
        timer.unref();
        return () => clearTimeout(timer);
      },
    });
    this.#times = times;
  }

  get ended(): Promise<string> {
    return this.#ended.promise;
  }

  /**
   * An answer that ends without what was asked for is an error, where the client would wait on; and
   * nobody reads the answer to a call that was given up.
   */
  override async send(
    message: JSONRPCMessage | JSONRPCMessage[],
    options?: TransportSendOptions,
  ): Promise<void> {
    if (Array.isArray(message) || !('method' in message)) return super.send(message, options);
    if (!('id' in message)) {
      await super.send(message, options);
      if (message.method === 'notifications/cancelled') this.#giveUp(message.params?.['requestId']);
      return;
    }
    const { id } = message;
    const onRequestStreamEnd = (): void => {
      options?.onRequestStreamEnd?.();
      const error = { code: ANSWER_CUT, message: 'the connection broke' };
      this.onmessage?.({ jsonrpc: '2.0', id, error });
    };
    const requestSignal = options?.requestSignal ?? this.#signalOf(id);
    return super.send(message, { ...options, requestSignal, onRequestStreamEnd });
  }

  #signalOf(id: unknown): AbortSignal {
    const request = new AbortController();
    this.#requests.set(id, request);
    // What was answered is not told here: the oldest are taken for answered.
    const [oldest] = this.#requests.keys();
    if (this.#requests.size > MAX_REQUESTS) this.#requests.delete(oldest);
    return request.signal;
  }

  #giveUp(id: unknown): void {
    this.#requests.get(id)?.abort();
    this.#requests.delete(id);
  }

  lose(reason: string): void {
    this.#reason ??= reason;
    this.#closing ??= this.#disconnect();
  }

  override close(): Promise<void> {
    this.#reason ??= 'it was ended';
    this.#closing ??= this.#leave();
    return this.#closing;
  }

  /** A server keeps what belongs to a session until it is told, or for as long as it likes. */
  async #leave(): Promise<void> {
    const told = this.terminateSession().catch(() => undefined);
    const timer = new AbortController();
    const over = wait(this.#times.byItselfMs, undefined, { signal: timer.signal });
    await Promise.race([told, over.catch(() => undefined)]);
    timer.abort();
    await this.#disconnect();
  }

  async #disconnect(): Promise<void> {
    await super.close();
    this.#ended.resolve(this.#reason ?? 'it was ended');
  }
}
