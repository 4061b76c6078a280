import { parseChatRequest } from './chat-request.js';
import { streamedCompletion, wholeCompletion } from './completion.js';
import { pacedStream } from './paced-stream.js';
import { InvalidRequest, errorResponse } from './error-response.js';
import { replyTo } from './reply.js';
import { cutToTokens } from './tokens.js';

/** What `fetch` takes and gives: what the `openai` client wants as its `fetch`. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** How the assistant speaks. */
export interface OfflineOptions {
  /** Milliseconds before each word of a stream. @default 20 */
  paceMs?: number;
}

/**
 * A `fetch` that never leaves the process: the provider of `offline/assistant`. It answers
 * `POST …/chat/completions` as OpenAI documents it, streamed and whole, so that the assistant goes
 * through the same client, parser and errors as every model. The same request always gets the same
 * bytes. A token is a word here.
 *
 * Rejects with the signal's reason where `init.signal` was aborted before; aborted later, the body
 * fails with it at once. Whatever it does not know gets 400 or 404 with OpenAI's error body.
 */
export function createOfflineFetch({ paceMs = 20 }: OfflineOptions = {}): Fetch {
  return async (input, init = {}) => {
    const signal = init.signal ?? (input instanceof Request ? input.signal : undefined);
    signal?.throwIfAborted();
    try {
      const request = parseChatRequest(await bodyOf(input, init));
      const answer = cutToTokens(replyTo(request.messages), request.maxTokens);
      if (!request.stream) return Response.json(wholeCompletion(request, answer));
      const events = streamedCompletion(request, answer);
      return new Response(pacedStream(events, paceMs, signal), {
        headers: { 'content-type': 'text/event-stream; charset=utf-8' },
      });
    } catch (error) {
      if (error instanceof InvalidRequest) return errorResponse(error);
      throw error;
    }
  };
}

/** The assistant at its usual pace. */
export const offlineFetch: Fetch = createOfflineFetch();

async function bodyOf(input: string | URL | Request, init: RequestInit): Promise<string> {
  const { url, method } =
    input instanceof Request ? input : { url: String(input), method: init.method ?? 'GET' };
  if (method.toUpperCase() !== 'POST' || !new URL(url).pathname.endsWith('/chat/completions')) {
    throw new InvalidRequest(`Unknown request URL: ${method} ${url}`, { status: 404 });
  }
  const body = init.body ?? (input instanceof Request ? input.body : null);
  return typeof body === 'string' ? body : await new Response(body).text();
}
