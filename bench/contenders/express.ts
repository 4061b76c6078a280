// What most people write: Express, and a loop over the stream of the `openai` client.
import express from 'express';
import OpenAI from 'openai';
import { API_KEY, listening, settings } from '../peers/contract.ts';
import { STREAM_HEADERS } from './upstream.ts';

const { port, upstream, model } = settings();
const openai = new OpenAI({ baseURL: upstream, apiKey: API_KEY });
const app = express();
app.use(express.json());

app.post('/api/v1/chat', async (request, response) => {
  const { message } = request.body as { message: string };
  const stream = await openai.chat.completions.create({
    model,
    stream: true,
    messages: [{ role: 'user', content: message }],
  });
  response.on('close', () => stream.controller.abort());
  response.writeHead(200, STREAM_HEADERS);
  for await (const chunk of stream) {
    const content = chunk.choices[0]?.delta.content;
    if (content) {
      response.write(`data: ${JSON.stringify({ content, done: false, model })}\n\n`);
    }
  }
  response.end(`data: ${JSON.stringify({ content: '', done: true, model })}\n\n`);
});

app.listen(port, '127.0.0.1', listening);
