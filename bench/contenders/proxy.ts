// The yardstick: a proxy without a framework that turns the provider's chunks into ours. What it does
// not do costs nothing: no log, no resuming, no deadlines, no limits.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listening, settings } from '../peers/contract.ts';
import { askUpstream, STREAM_HEADERS } from './upstream.ts';

interface Completion {
  choices: { delta?: { content?: string } }[];
}

const place = settings();
const TAIL = `,"done":false,"model":${JSON.stringify(place.model)}}\n\n`;
const LAST = `data: {"content":"","done":true,"model":${JSON.stringify(place.model)}}\n\n`;

function pass(answer: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, STREAM_HEADERS);
  let rest = '';
  answer.setEncoding('utf8');
  answer.on('data', (text: string) => {
    rest += text;
    let from = 0;
    for (let end; (end = rest.indexOf('\n\n', from)) >= 0; from = end + 2) {
      const payload = rest.slice(from + 'data: '.length, end);
      if (payload === '[DONE]') continue;
      const content = (JSON.parse(payload) as Completion).choices[0]?.delta?.content;
      if (content) response.write(`data: {"content":${JSON.stringify(content)}${TAIL}`);
    }
    rest = rest.slice(from);
  });
  answer.on('end', () => response.end(LAST));
  answer.on('error', () => response.destroy());
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = await askUpstream(place, request, response);
  if (answer.statusCode === 200) return pass(answer, response);
  answer.resume();
  response.writeHead(502).end();
}

createServer((request, response) => {
  serve(request, response).catch(() => response.destroy());
}).listen(place.port, '127.0.0.1', listening);
