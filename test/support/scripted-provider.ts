import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ListingApi } from '../../src/models/local/testing/listing-api.js';
import { Arrivals } from './provider/arrivals.js';
import { Exchange } from './provider/exchange.js';
import { httpError, respond } from './provider/faults.js';
import { Gate } from './provider/gate.js';
import { modelList } from './provider/model-list.js';
import { perform } from './provider/perform.js';
import { parseBody, readRequest, type ProviderRequest } from './provider/provider-request.js';
import { Replies, type ReplyOptions } from './provider/replies.js';
import type { Script } from './provider/script.js';

/** How a provider is started. */
export interface ScriptedProviderOptions {
  /** A fixed port, to come back where a provider has been. @default a free one */
  port?: number;
  /** The only key that is let in; others get 401. @default any key, or none */
  apiKey?: string;
  /** What `GET /v1/models` lists. @default ['test-model', 'other-model'] */
  models?: readonly string[];
  /** How a local server tells of its models, in the place of `GET /v1/models`. @default not at all */
  listing?: ListingApi;
}

/**
 * An OpenAI-compatible server that says what a test has scripted: the only fake of our end-to-end
 * tests. It speaks the real protocol of `POST …/chat/completions` (streamed and not) and
 * `GET …/models` over loopback. Steps of a script: `provider/steps.ts`, `provider/faults.ts`,
 * `provider/continuing.ts`.
 */
export class ScriptedProvider {
  /** What `GET /v1/models` lists. */
  models: readonly string[];
  /** What `GET /v1/models` does instead of listing them. */
  modelsScript: Script | undefined;
  /** A key other than this gets 401; undefined lets everybody in. */
  apiKey: string | undefined;
  readonly #listing: ListingApi | undefined;
  readonly #replies = new Replies();
  readonly #arrivals = new Arrivals();
  #openSockets = 0;
  #openExchanges = 0;

  private constructor(
    private readonly server: Server,
    options: ScriptedProviderOptions,
  ) {
    this.models = options.models ?? ['test-model', 'other-model'];
    this.apiKey = options.apiKey;
    this.#listing = options.listing;
    server.on('request', (message, response) => void this.#receive(message, response));
    server.on('connection', (socket) => {
      this.#openSockets += 1;
      socket.once('close', () => (this.#openSockets -= 1));
    });
  }

  static async start(options: ScriptedProviderOptions = {}): Promise<ScriptedProvider> {
    // An idle socket that the server closes in the moment of its reuse would fail a test at random.
    const server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 });
    const provider = new ScriptedProvider(server, options);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    return provider;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** What a client takes as its base URL: `http://127.0.0.1:<port>/v1`. */
  get baseUrl(): string {
    return `http://127.0.0.1:${this.port}/v1`;
  }

  /** Every completion request so far, in the order of arrival. */
  get requests(): readonly ProviderRequest[] {
    return this.#arrivals.all;
  }

  /** Sockets that clients hold open, idle keep-alive ones included. */
  get openSockets(): number {
    return this.#openSockets;
  }

  /** Requests whose answer is not over. */
  get openExchanges(): number {
    return this.#openExchanges;
  }

  /**
   * Answers the next call that fits with this script; calls take the replies in order. A call that
   * nothing was scripted for gets 400.
   */
  reply(script: Script, options: ReplyOptions = {}): this {
    this.#replies.addOnce(script, options);
    return this;
  }

  /** Answers each call that fits and has no `reply` of its own. The latest one that fits counts. */
  always(script: Script, options: ReplyOptions = {}): this {
    this.#replies.addStanding(script, options);
    return this;
  }

  /** A gate to put into a script. */
  gate(): Gate {
    return new Gate();
  }

  /** The next completion request that was not handed out by this method; waits for it. */
  nextRequest(): Promise<ProviderRequest> {
    return this.#arrivals.next();
  }

  /** Cuts every connection and stops listening. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  async #receive(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = new Exchange(response);
    this.#openExchanges += 1;
    void exchange.closed.then(() => (this.#openExchanges -= 1));
    const request = await readRequest(message, this.#arrivals.all.length + 1, exchange.closed);
    if (request === undefined) return;
    try {
      await perform(this.#scriptFor(request), request, exchange);
    } catch (error) {
      // A function in a script threw: the caller hears of it, instead of waiting for ever.
      await perform(
        httpError(400, { message: `The script failed: ${String(error)}` }),
        request,
        exchange,
      );
    }
  }

  #scriptFor(request: ProviderRequest): Script {
    const isCompletion = request.method === 'POST' && request.path.endsWith('/chat/completions');
    if (isCompletion) this.#arrivals.add(request);
    if (this.apiKey !== undefined && request.headers.authorization !== `Bearer ${this.apiKey}`) {
      return httpError(401);
    }
    if (isCompletion) {
      return parseBody(request.raw) === undefined
        ? httpError(400, { message: 'We could not parse the JSON body of your request.' })
        : this.#replies.take(request);
    }
    const told = this.#listing?.({
      line: `${request.method} ${request.path}${request.query}`,
      body: { ...request.body },
    });
    if (told !== undefined) {
      return respond(told.status, told.body, { 'content-type': 'application/json' });
    }
    if (request.method === 'GET' && request.path.endsWith('/models')) {
      return this.modelsScript ?? modelList(this.models);
    }
    return httpError(404, { code: 'unknown_url', message: `Unknown request URL: ${request.path}` });
  }
}
