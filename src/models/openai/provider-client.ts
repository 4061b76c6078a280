import { OpenAI } from 'openai';
import type { ProviderConfig } from '../../config/models-config.js';

/** Stands where the client wants a key; it is never sent. */
const NO_KEY = 'none';

/** The greatest delay of a timer: the deadlines of a call are ours, see `ProviderStream`. */
const NEVER = 2 ** 31 - 1;

/** As much of `fetch` as the client uses. */
export type Fetch = (
  input: string,
  init: {
    method: string;
    headers: Readonly<Record<string, string>>;
    body: string;
    signal: AbortSignal;
  },
) => Promise<unknown>;

/**
 * The `openai` client of one provider. It takes nothing from the environment, logs nothing (it
 * would log bodies and headers), retries nothing, and sends only the headers that are listed here:
 * its own would tell each provider about the machine.
 */
export class ProviderClient extends OpenAI {
  readonly #headers: Readonly<Record<string, string>>;

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
      fetch: fetch as unknown as typeof globalThis.fetch,
    });
    this.#headers = headersOf(provider);
  }

  protected override prepareRequest(request: RequestInit): Promise<void> {
    request.headers = this.#headers;
    return Promise.resolve();
  }
}

function headersOf(provider: ProviderConfig): Readonly<Record<string, string>> {
  const headers = new Headers({
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': 'agno-api',
    ...(provider.apiKey && { authorization: `Bearer ${provider.apiKey}` }),
  });
  for (const [name, value] of Object.entries(provider.headers)) headers.set(name, value);
  return Object.freeze(Object.fromEntries(headers));
}
