import { OpenAI } from 'openai';
import type { ProviderConfig } from '../../config/models-config.js';

/** Stands where the client wants a key; it is never sent. */
const NO_KEY = 'none';

/** What the client wants as a time-out and nobody sets a timer for: see `ProviderStream`. */
const NEVER = 2 ** 31 - 1;

type RequestOptions = Parameters<OpenAI['buildRequest']>[0];
type BuiltRequest = Awaited<ReturnType<OpenAI['buildRequest']>>;
type FetchParameters = Parameters<OpenAI['fetchWithTimeout']>;

/** A request as the client hands it over. */
export interface FetchRequest {
  method: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  signal: AbortSignal;
}

/** As much of `fetch` as the client uses. */
export type Fetch = (input: string, init: FetchRequest) => Promise<unknown>;

/**
 * The `openai` client of one provider. It takes nothing from the environment, logs nothing (it
 * would log bodies and headers), retries nothing, and sends only the headers that are listed here:
 * its own would tell each provider about the machine.
 *
 * Two of its steps are ours. Together they are half of what the client costs a call: dozens of
 * headers built and thrown away, and a composed abort signal with a timer for a signal that our
 * `fetch` heeds by itself.
 */
export class ProviderClient extends OpenAI {
  readonly #headers: Readonly<Record<string, string>>;
  readonly #fetch: Fetch;

  constructor(provider: ProviderConfig, fetch: Fetch) {
    super({
      baseURL: provider.baseUrl ?? '',
      apiKey: provider.apiKey || NO_KEY,
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      maxRetries: 0,
      timeout: NEVER,
      logLevel: 'off',
    });
    this.#headers = headersOf(provider);
    this.#fetch = fetch;
  }

  override buildRequest({
    method,
    path,
    query,
    body,
    signal,
  }: RequestOptions): Promise<BuiltRequest> {
    const request = {
      method: method.toUpperCase(),
      headers: this.#headers,
      body: JSON.stringify(body),
      signal,
    };
    return Promise.resolve({
      req: request as unknown as BuiltRequest['req'],
      url: this.buildURL(path, query as Record<string, unknown> | undefined),
      timeout: NEVER,
    });
  }

  override fetchWithTimeout(...[url, request]: FetchParameters): Promise<Response> {
    return this.#fetch(url as string, request as unknown as FetchRequest) as Promise<Response>;
  }
}

/**
 * The headers of each request to a provider.
 *
 * @throws TypeError where its key or a header of its is no header value
 */
export function headersOf(provider: ProviderConfig): Readonly<Record<string, string>> {
  const headers = new Headers({
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': 'agno-api',
    ...(provider.apiKey && { authorization: `Bearer ${provider.apiKey}` }),
  });
  for (const [name, value] of Object.entries(provider.headers)) headers.set(name, value);
  return Object.freeze(Object.fromEntries(headers));
}
