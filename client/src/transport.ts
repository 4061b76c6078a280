import { AgnoError, ProblemError, UnexpectedAnswerError, UnreachableError } from './errors.js';
import type { Problem } from './types.js';

/** What a request may say. */
export interface RequestParts {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** A JSON value. */
  body?: unknown;
  query?: Readonly<Record<string, unknown>> | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  signal?: AbortSignal | undefined;
}

/** How the service is reached. */
export interface TransportOptions {
  /** Without a slash at its end. */
  baseUrl: string;
  headers: Readonly<Record<string, string>>;
  fetch: typeof fetch;
}

const API = '/api/v1';

/** Requests to the service, and what its refusals mean. */
export class Transport {
  constructor(private readonly options: TransportOptions) {}

  get baseUrl(): string {
    return this.options.baseUrl;
  }

  /** The address of a route, such as `/chat`. */
  url(path: string, query: RequestParts['query'] = {}): string {
    const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(
      pairs.map(([name, value]): [string, string] => [name, String(value)]),
    );
    const address = path.startsWith('/health') ? path : API + path;
    return this.options.baseUrl + address + (search.size > 0 ? `?${search}` : '');
  }

  /** Sends a request. @throws what `fetch` throws, and the signal's reason */
  async send(path: string, parts: RequestParts = {}): Promise<Response> {
    const { method = 'GET', body, query, headers, signal } = parts;
    // Called bare: browsers refuse a `fetch` that is called as somebody's method.
    const { fetch } = this.options;
    const said = new Headers(this.options.headers);
    if (body !== undefined) said.set('Content-Type', 'application/json');
    // One by one: of two that differ in their capitals alone, an object would send both.
    for (const [name, value] of Object.entries(headers ?? {})) said.set(name, value);
    return fetch(this.url(path, query), {
      method,
      headers: said,
      body: body === undefined ? null : JSON.stringify(body),
      cache: 'no-store',
      ...(signal && { signal }),
    });
  }

  /** The document that a route answers with. @throws ProblemError, UnreachableError, UnexpectedAnswerError */
  async document<T>(path: string, parts: RequestParts = {}): Promise<T> {
    const response = await this.#reach(path, parts);
    if (response.status === 204) return undefined as T;
    return this.#whole(response.ok ? jsonOf<T>(response) : refusal(response), parts);
  }

  /** How the service is, also where it says so with an error's status. */
  async health<T>(path: string, parts: RequestParts = {}): Promise<T> {
    return this.#whole(jsonOf<T>(await this.#reach(path, parts)), parts);
  }

  /** What a body says. @throws what it says where that is an error; AgnoError where it breaks off */
  async #whole<T>(reading: Promise<T | Error>, { signal }: RequestParts): Promise<T> {
    let said: T | Error;
    try {
      said = await reading;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof AgnoError) throw error;
      throw new AgnoError(`The answer of ${this.baseUrl} broke off`, { cause: error });
    }
    if (said instanceof Error) throw said;
    return said;
  }

  async #reach(path: string, { headers, ...others }: RequestParts): Promise<Response> {
    try {
      const accepting = { Accept: 'application/json', ...headers };
      return await this.send(path, { ...others, headers: accepting });
    } catch (error) {
      others.signal?.throwIfAborted();
      throw new UnreachableError(this.baseUrl, { cause: error });
    }
  }
}

/** The body of an answer that has to be JSON. */
export async function jsonOf<T>(response: Response): Promise<T> {
  const type = mediaType(response);
  if (!type.endsWith('json')) {
    await discard(response);
    throw new UnexpectedAnswerError(response.status, type, response.url);
  }
  return (await response.json()) as T;
}

/** What a refusal says. Bodies that break off are the reader's error, not the service's. */
export async function refusal(response: Response): Promise<ProblemError | UnexpectedAnswerError> {
  const type = mediaType(response);
  if (type !== 'application/problem+json') {
    await discard(response);
    return new UnexpectedAnswerError(response.status, type, response.url, retryAfter(response));
  }
  const problem = (await response.json()) as Problem;
  return new ProblemError(problem, retryAfter(response));
}

/** The media type of an answer, without its parameters. */
export function mediaType(response: Response): string {
  const [type = ''] = (response.headers.get('Content-Type') ?? '').split(';', 1);
  return type.trim().toLowerCase();
}

/** `Retry-After` in milliseconds, of seconds or of a date (RFC 9110, 10.2.3). */
export function retryAfter(response: Response): number | undefined {
  const said = response.headers.get('Retry-After');
  if (said === null) return undefined;
  if (/^\d+$/.test(said)) return Number(said) * 1000;
  const at = Date.parse(said);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

/** Gives up a body that nobody will read, so that its connection does not wait for a reader. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}
