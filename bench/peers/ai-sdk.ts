/**
 * The Vercel AI SDK: `streamText` to its UI message stream, on bare node:http.
 *
 * Follows https://ai-sdk.dev/cookbook/api-servers/node-http-server (the server),
 * https://ai-sdk.dev/providers/openai-compatible-providers (the provider) and
 * https://ai-sdk.dev/docs/advanced/stopping-streams (a reader that leaves).
 */
import './production.ts';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { pipeUIMessageStreamToResponse, streamText, toUIMessageStream } from 'ai';
import { API_KEY, listening, settings } from './contract.ts';
import { fail, messageOf, signalOf } from './exchange.ts';

const { port, upstream, model } = settings();
const provider = createOpenAICompatible({ name: 'provider', baseURL: upstream, apiKey: API_KEY });

async function chat(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const result = streamText({
    model: provider(model),
    prompt: await messageOf(request),
    abortSignal: signalOf(response),
  });
  await pipeUIMessageStreamToResponse({
    response,
    stream: toUIMessageStream({ stream: result.stream }),
  });
}

createServer((request, response) => {
  chat(request, response).catch((error: unknown) => fail(response, error));
}).listen(port, '127.0.0.1', listening);
