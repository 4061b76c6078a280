import { Agent, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Settings } from '../peers/contract.ts';

const agent = new Agent({ keepAlive: true });

/** Asks the provider what a caller asks for. The provider's answer is given up when the caller leaves. */
export async function askUpstream(
  { upstream, model }: Settings,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<IncomingMessage> {
  const { message } = JSON.parse(await text(incoming)) as { message: string };
  const body = JSON.stringify({
    model,
    stream: true,
    messages: [{ role: 'user', content: message }],
  });
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      authorization: 'Bearer none',
    };
    const url = `${upstream}/chat/completions`;
    const asking = request(url, { method: 'POST', agent, headers }, resolve);
    asking.on('error', reject);
    response.on('close', () => {
      if (!response.writableFinished) asking.destroy();
    });
    asking.end(body);
  });
}

/** The headers of a stream. */
export const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache',
} as const;
