import type { IncomingMessage, ServerResponse } from 'node:http';

/** The `message` of a chat request, whose JSON body is read whole. */
export async function messageOf(request: IncomingMessage): Promise<string> {
  let body = '';
  request.setEncoding('utf8');
  for await (const piece of request) body += piece as string;
  return (JSON.parse(body) as { message: string }).message;
}

/** A signal that is aborted when the response is over: early, if its reader leaves. */
export function signalOf(response: ServerResponse): AbortSignal {
  const over = new AbortController();
  response.on('close', () => over.abort());
  return over.signal;
}

/** Ends a response that failed: with a status while there can be one, later by a cut. */
export function fail(response: ServerResponse, error: unknown): void {
  // What the reader's leaving has aborted has not failed.
  if (response.destroyed) return;
  console.error(error);
  if (!response.headersSent) response.writeHead(502).end();
  // One that a package has ended by itself has an intact connection, which may have its next request.
  else if (!response.writableEnded) response.destroy();
}
