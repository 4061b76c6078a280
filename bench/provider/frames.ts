import { VOCABULARY } from '../vocabulary.ts';

/** One piece of a body in HTTP's chunked coding. */
function framed(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

/** One event of the stream, in the shape and size of OpenAI's. */
function event(choices: object[], usage: object | null): string {
  const chunk = {
    id: 'chatcmpl-CfT2b0QyXk1Zr8oJ3uVwLh5NmEdSa',
    object: 'chat.completion.chunk',
    created: 1763856000,
    model: 'gpt-4o-mini-2024-07-18',
    service_tier: 'default',
    system_fingerprint: 'fp_560af6e559',
    choices,
    usage,
  };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

const choice = (delta: object, finishReason: string | null = null) => ({
  index: 0,
  delta,
  logprobs: null,
  finish_reason: finishReason,
});

/** Status and headers, and the event that announces the assistant. */
export const HEAD = Buffer.from(
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n' +
    'Transfer-Encoding: chunked\r\n\r\n' +
    framed(event([choice({ role: 'assistant', content: '', refusal: null })], null)),
);

/** For each word of the vocabulary the bytes that say it, made once: saying one costs one write. */
export const TOKENS: readonly Buffer[] = VOCABULARY.map((content) =>
  Buffer.from(framed(event([choice({ content })], null))),
);

/** The finish reason, the usage, the end of the stream and of the body. */
export const END = Buffer.from(
  framed(event([choice({}, 'stop')], null)) +
    framed(event([], { prompt_tokens: 20, completion_tokens: 100, total_tokens: 120 })) +
    framed('data: [DONE]\n\n') +
    '0\r\n\r\n',
);

export function refusal(message: string): string {
  const body = JSON.stringify({ error: { message, type: 'invalid_request_error' } });
  return (
    'HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n' +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}
