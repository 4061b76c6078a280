// The floor: a proxy that passes the provider's bytes on without looking at them.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { listening, settings } from '../peers/contract.ts';
import { askUpstream, STREAM_HEADERS } from './upstream.ts';

const place = settings();

/** The text in a chunk of the provider's, which is what this one's readers get. */
async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = await askUpstream(place, request, response);
  response.writeHead(answer.statusCode ?? 502, STREAM_HEADERS);
  await pipeline(answer, response);
}

createServer((request, response) => {
  serve(request, response).catch(() => response.destroy());
}).listen(place.port, '127.0.0.1', listening);
