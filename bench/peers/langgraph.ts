/**
 * LangGraph: the prebuilt agent (`createAgent`, which took the place of LangGraph's `createReactAgent`)
 * without tools or a checkpointer, its messages streamed as SSE on Express.
 *
 * Follows https://docs.langchain.com/oss/javascript/langchain/streaming (the agent and its tokens) and
 * https://docs.langchain.com/oss/javascript/integrations/chat/openai (a base URL of one's own).
 */
import './production.ts';
import { ChatOpenAI } from '@langchain/openai';
import express from 'express';
import type { Request, Response } from 'express';
import { createAgent } from 'langchain';
import { STREAM_HEADERS } from '../contenders/upstream.ts';
import { API_KEY, listening, settings } from './contract.ts';
import { fail, signalOf } from './exchange.ts';

const { port, upstream, model } = settings();
const agent = createAgent({
  model: new ChatOpenAI({ model, apiKey: API_KEY, configuration: { baseURL: upstream } }),
  tools: [],
});

async function chat(request: Request, response: Response): Promise<void> {
  const { message } = request.body as { message: string };
  const stream = await agent.stream(
    { messages: [{ role: 'user', content: message }] },
    { streamMode: 'messages', signal: signalOf(response) },
  );
  response.writeHead(200, STREAM_HEADERS);
  for await (const [token] of stream) {
    const content = token.text;
    if (content) response.write(`data: ${JSON.stringify({ content, done: false, model })}\n\n`);
  }
  response.end(`data: ${JSON.stringify({ content: '', done: true, model })}\n\n`);
}

const app = express();
app.use(express.json());
app.post('/api/v1/chat', (request, response) => {
  chat(request, response).catch((error: unknown) => fail(response, error));
});
app.listen(port, '127.0.0.1', listening);
