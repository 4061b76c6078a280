import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { piecesOf, SHAPES } from './answers.ts';

/** How often pieces are said, in milliseconds. */
const TICK_MS = 10;

interface Asked {
  messages: { role: string; content: string }[];
}

/**
 * A provider that speaks OpenAI's protocol. The message says what it answers: a shape, how many tokens,
 * and how many of them a second, as `document 20000 800`.
 */
export class PageProvider {
  readonly url: string;

  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  }

  static async start(): Promise<PageProvider> {
    const server = createServer((request, response) => {
      void text(request).then((body) => answer(JSON.parse(body) as Asked, response));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new PageProvider(server);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function answer({ messages }: Asked, response: ServerResponse): void {
  const asked = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const [name, tokens, rate] = asked.split(' ');
  const shape = SHAPES.find((known) => known === name) ?? 'document';
  const pieces = piecesOf(shape, Number(tokens));
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  const from = performance.now();
  let said = 0;
  const ticking = setInterval(() => {
    const due = Math.min(pieces.length, (Number(rate) * (performance.now() - from)) / 1000);
    let out = '';
    while (said < due) out += event({ content: pieces[said++] });
    if (said === pieces.length) out += `${event({}, 'stop')}data: [DONE]\n\n`;
    response.write(out);
    if (said < pieces.length && !response.destroyed) return;
    clearInterval(ticking);
    response.end();
  }, TICK_MS);
}

function event(delta: object, finishReason: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finishReason }];
  const chunk = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'page',
    choices,
  };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}
