/** Largest answer, or event of a stream, in bytes. */
const MAX_BYTES = 16 * 1024 * 1024;

const NEWLINE = 0x0a;

/** An answer, or an event, is larger than what is read of a server. */
export class AnswerTooLargeError extends Error {
  override readonly name = 'AnswerTooLargeError';

  constructor() {
    super(`its answer is larger than ${MAX_BYTES / 1024 / 1024} MB`);
  }
}

/** `fetch`, with an end to what a server can put into our memory. */
export async function boundedFetch(url: string | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  const { body, status, statusText, headers } = response;
  if (body === null || (status >= 300 && status < 400)) return response;
  const isStream = headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  return new Response(body.pipeThrough(bounded(isStream)), { status, statusText, headers });
}

/** @param byLine whether each line may be that large: a stream of events goes on for ever */
function bounded(byLine: boolean): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform: (chunk, controller) => {
      const lastLine = byLine ? chunk.lastIndexOf(NEWLINE) : -1;
      bytes = lastLine < 0 ? bytes + chunk.length : chunk.length - lastLine - 1;
      if (bytes > MAX_BYTES) controller.error(new AnswerTooLargeError());
      else controller.enqueue(chunk);
    },
  });
}
