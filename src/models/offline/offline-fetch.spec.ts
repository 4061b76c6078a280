import { describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { createOfflineFetch, offlineFetch } from './offline-fetch.js';

const COMPLETIONS = 'http://offline/v1/chat/completions';
const messages = [{ role: 'user' as const, content: 'What is a monad?' }];
const post = (fields: object) => ({
  method: 'POST',
  body: JSON.stringify({ model: 'assistant', messages, ...fields }),
});

describe('offlineFetch', () => {
  const unpaced = createOfflineFetch({ paceMs: 0 });
  const client = new OpenAI({
    fetch: unpaced,
    baseURL: 'http://offline/v1',
    apiKey: 'none',
    maxRetries: 0,
  });

  it('streams through the openai client: role, words, finish, usage', async () => {
    const stream = await client.chat.completions.create({
      model: 'assistant',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const texts = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta.content ?? ''));
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
    expect(texts.filter((text) => text !== '').length).toBeGreaterThanOrEqual(10);
    expect(texts.join('')).toContain('> What is a monad?');
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason ?? null)).toEqual([
      ...Array<null>(chunks.length - 2).fill(null),
      'stop',
      null,
    ]);
    const words = texts.filter((text) => text !== '').length;
    expect(chunks.at(-1)?.usage).toEqual({
      prompt_tokens: 4,
      completion_tokens: words,
      total_tokens: 4 + words,
    });
  });

  it('answers as an event stream whose last event is [DONE], without usage unless asked', async () => {
    const response = await unpaced(COMPLETIONS, post({ stream: true }));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const body = await response.text();
    expect(body).toMatch(/^data: {"id":"chatcmpl-offline","object":"chat.completion.chunk",/);
    expect(body).toMatch(/"finish_reason":"stop"}]}\n\ndata: \[DONE]\n\n$/);
    expect(body).not.toContain('usage');
  });

  it('says the same bytes to the same request', async () => {
    const body = async () => (await unpaced(COMPLETIONS, post({ stream: true }))).text();
    expect(await body()).toBe(await body());
  });

  it('says the same without a stream', async () => {
    const streamed = client.chat.completions.stream({ model: 'assistant', messages });
    const whole = await client.chat.completions.create({ model: 'assistant', messages });
    expect(whole.choices[0]?.message.content).toBe(await streamed.finalContent());
    expect(whole).toMatchObject({
      object: 'chat.completion',
      model: 'assistant',
      choices: [{ finish_reason: 'stop' }],
      usage: { prompt_tokens: 4 },
    });
  });

  it.each(['max_tokens', 'max_completion_tokens'])('cuts its answer at %s', async (field) => {
    const limited = await client.chat.completions.create({
      model: 'assistant',
      messages,
      [field]: 5,
    });
    expect(limited.choices[0]).toMatchObject({
      finish_reason: 'length',
      message: { content: '**I am the built-in offline' },
    });
    expect(limited.usage?.completion_tokens).toBe(5);
  });

  it('refuses as OpenAI does, so that the client throws its typed errors', async () => {
    const params = { model: 'assistant', messages, max_tokens: 0 };
    await expect(client.chat.completions.create(params)).rejects.toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      param: 'max_tokens',
    });
    await expect(client.chat.completions.create(params)).rejects.toThrow(OpenAI.BadRequestError);
    await expect(client.models.list()).rejects.toThrow(OpenAI.NotFoundError);
  });

  it.each([
    ['malformed JSON', COMPLETIONS, { method: 'POST', body: '{"model":' }, 400],
    ['no body', COMPLETIONS, { method: 'POST' }, 400],
    ['another path', 'http://offline/v1/embeddings', post({}), 404],
    ['another method', COMPLETIONS, {}, 404],
  ])('refuses %s', async (_, url, init, status) => {
    const response = await unpaced(url, init);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
  });

  it('takes what fetch takes: an address, a URL, a Request, a body in bytes', async () => {
    const { body } = post({});
    const bytes = new TextEncoder().encode(body);
    for (const response of [
      await unpaced(new URL(COMPLETIONS), post({})),
      await unpaced(new Request(COMPLETIONS, post({}))),
      await unpaced(COMPLETIONS, { method: 'post', body: bytes }),
    ]) {
      expect(response.status).toBe(200);
    }
  });

  it('rejects with the reason of a signal that was aborted before', async () => {
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(unpaced(COMPLETIONS, { ...post({}), signal })).rejects.toThrow('too late');
    await expect(unpaced(new Request(COMPLETIONS, { ...post({}), signal }))).rejects.toThrow(
      'too late',
    );
  });

  it('ends a stream at once when aborted', async () => {
    const abort = new AbortController();
    const slow = createOfflineFetch({ paceMs: 3_600_000 });
    const response = await slow(COMPLETIONS, { ...post({ stream: true }), signal: abort.signal });
    const reader = response.body!.getReader();
    await reader.read();
    const word = reader.read();
    abort.abort();
    await expect(word).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('needs no options', async () => {
    expect((await offlineFetch(COMPLETIONS, post({}))).status).toBe(200);
  });
});
