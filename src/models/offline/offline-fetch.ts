import type { DocumentLibrary } from '../../documents/document-library.js';
import { answerOf } from './answer.js';
import { Assistant } from './assistant.js';
import { parseChatRequest } from './chat-request.js';
import { streamedCompletion, wholeCompletion } from './completion.js';
import { connectionBroken, silence } from './failures.js';
import { InvalidRequest, errorResponse, toldErrorResponse } from './error-response.js';
import { pacedStream } from './paced-stream.js';

/** What `fetch` takes and gives: what the `openai` client wants as its `fetch`. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** How the assistant speaks, and of what. */
export interface OfflineOptions {
  /** What it answers from. */
  documents: DocumentLibrary;
  /** Milliseconds before each word of a stream; 0 is no pause. */
  wordDelayMs: number;
}

/**
 * A `fetch` that never leaves the process: the provider of `offline/assistant`. It answers
 * `POST …/chat/completions` as OpenAI documents it, streamed and whole, so that the assistant goes
 * through the same client, parser and errors as every model. The same request gets the same bytes for
 * as long as the documents stay the same.
 *
 * Rejects with the signal's reason where `init.signal` was aborted before; aborted later, the body
 * fails with it at once. Whatever it does not know gets 400 or 404 with OpenAI's error body. A message
 * can tell it to fail: with an HTTP status, with a broken connection (`TypeError`), with silence.
 */
export function createOfflineFetch({ documents, wordDelayMs }: OfflineOptions): Fetch {
  const assistant = new Assistant(documents);
  return async (input, init = {}) => {
    const signal = init.signal ?? (input instanceof Request ? input.signal : undefined);
    signal?.throwIfAborted();
    try {
      const request = parseChatRequest(await bodyOf(input, init));
      const reply = await assistant.reply(request);
      if (reply.type === 'error') return toldErrorResponse(reply.status);
      const answer = await answerOf(request, reply);
      signal?.throwIfAborted();
      const { pauseMs, failure } =
        reply.type === 'text' ? reply : { pauseMs: undefined, failure: undefined };
      if (request.stream) {
        const events = streamedCompletion(request, answer);
        const manner = { pauseMs: pauseMs ?? wordDelayMs, failure };
        return new Response(pacedStream(events, manner, signal), {
          headers: { 'content-type': 'text/event-stream; charset=utf-8' },
        });
      }
      if (failure?.how === 'drop') throw connectionBroken();
      if (failure?.how === 'stall') await silence(signal);
      return Response.json(wholeCompletion(request, answer));
    } catch (error) {
      if (error instanceof InvalidRequest) return errorResponse(error);
      throw error;
    }
  };
}

async function bodyOf(input: string | URL | Request, init: RequestInit): Promise<string> {
  const { url, method } =
    input instanceof Request ? input : { url: String(input), method: init.method ?? 'GET' };
  if (method.toUpperCase() !== 'POST' || !new URL(url).pathname.endsWith('/chat/completions')) {
    throw new InvalidRequest(`Unknown request URL: ${method} ${url}`, { status: 404 });
  }
  const body = init.body ?? (input instanceof Request ? input.body : null);
  return typeof body === 'string' ? body : await new Response(body).text();
}
