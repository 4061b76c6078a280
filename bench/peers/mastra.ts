/**
 * Mastra: an `Agent` without memory, storage or tools, whose text stream is written as SSE on bare
 * node:http.
 *
 * Follows https://mastra.ai/reference/streaming/agents/stream (the stream) and
 * https://mastra.ai/models/providers/lmstudio (a model behind a URL of one's own).
 */
import './production.ts';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent } from '@mastra/core/agent';
import { STREAM_HEADERS } from '../contenders/upstream.ts';
import { API_KEY, listening, settings } from './contract.ts';
import { fail, messageOf, signalOf } from './exchange.ts';

const { port, upstream, model } = settings();
const agent = new Agent({
  id: 'assistant',
  name: 'Assistant',
  instructions: 'You are a helpful assistant.',
  model: { id: `provider/${model}`, url: upstream, apiKey: API_KEY },
});

async function chat(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const abortSignal = signalOf(response);
  const stream = await agent.stream(await messageOf(request), { abortSignal });
  response.writeHead(200, STREAM_HEADERS);
  for await (const content of stream.textStream) {
    response.write(`data: ${JSON.stringify({ content, done: false, model })}\n\n`);
  }
  // The text just ends where the provider failed.
  if (stream.error) throw stream.error;
  response.end(`data: ${JSON.stringify({ content: '', done: true, model })}\n\n`);
}

createServer((request, response) => {
  chat(request, response).catch((error: unknown) => fail(response, error));
}).listen(port, '127.0.0.1', listening);
