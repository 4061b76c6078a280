import type { NodeFetch } from '../openai/node-transport.js';

/** How a server is asked. */
export interface InquiryOptions {
  readonly fetch: NodeFetch;
  readonly headers: Readonly<Record<string, string>>;
  /** Ends all questions: one time for them together. */
  readonly signal: AbortSignal;
}

/**
 * Questions to whatever listens at an address. An answer is JSON or nothing: a page, a refusal and a
 * body beyond 1 MiB are all no answer to what was asked.
 */
export class Inquiry {
  constructor(
    private readonly address: string,
    private readonly options: InquiryOptions,
  ) {}

  /** @throws whatever keeps an answer from coming: nobody listens, or the time is over */
  get(path: string): Promise<unknown> {
    return this.#ask('GET', path);
  }

  /** @throws as `get` */
  post(path: string, body: object): Promise<unknown> {
    return this.#ask('POST', path, JSON.stringify(body));
  }

  async #ask(method: string, path: string, body?: string): Promise<unknown> {
    const { fetch, headers, signal } = this.options;
    const response = await fetch(`${this.address}${path}`, {
      method,
      // An idle connection may be closed by the server in the moment that it is used again.
      headers: { ...headers, connection: 'close' },
      body,
      signal,
    });
    if (!response.ok) {
      response.body.destroy();
      return undefined;
    }
    return parsed(await response.text());
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
