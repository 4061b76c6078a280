import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openStream, request } from './http-client.js';
import { httpError, together } from './provider/faults.js';
import type { Script } from './provider/script.js';
import {
  answer,
  chunk,
  comment,
  done,
  finish,
  raw,
  reasoning,
  role,
  text,
  toolCalls,
  usage,
} from './provider/steps.js';
import { ScriptedProvider } from './scripted-provider.js';

describe('ScriptedProvider', () => {
  let provider: ScriptedProvider;
  const messages = [{ role: 'user', content: 'Hi' }];

  beforeEach(async () => {
    provider = await ScriptedProvider.start();
  });
  afterEach(() => provider.close());

  const ask = (body: object = {}) => ({ body: { model: 'test-model', messages, ...body } });
  const stream = (body: object = {}) =>
    openStream(`${provider.baseUrl}/chat/completions`, ask({ stream: true, ...body }));
  const payloads = async (script: Script, body: object = {}) => {
    provider.reply(script);
    const received = await stream(body);
    expect(await received.ended).toBe('end');
    return received.events.map(({ data }) =>
      data === '[DONE]' ? data : (JSON.parse(data) as Chunk),
    );
  };
  interface Chunk {
    choices: { delta: object; finish_reason: string | null }[];
  }
  const deltas = (chunks: (Chunk | string)[]) =>
    chunks.flatMap((one) => (typeof one === 'string' ? [] : one.choices.map(({ delta }) => delta)));

  it('streams an answer chunk by chunk, tagged with the model that was asked for', async () => {
    const all = await payloads(answer('Hello', ' world'), { model: 'other-model' });
    const first = {
      id: 'chatcmpl-scripted-1',
      object: 'chat.completion.chunk',
      created: 1_750_000_001,
      model: 'other-model',
      service_tier: 'default',
      system_fingerprint: 'fp_scripted',
    };
    const choice = (delta: object, finish_reason: string | null = null) => ({
      ...first,
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    });
    expect(all).toEqual([
      choice({ role: 'assistant', content: '', refusal: null }),
      choice({ content: 'Hello' }),
      choice({ content: ' world' }),
      choice({}, 'stop'),
      '[DONE]',
    ]);
  });

  it('sends the usage chunk only to who asks for it, and usage: null before', async () => {
    const all = await payloads(answer('a', 'b'), { stream_options: { include_usage: true } });
    expect(all.slice(0, -2)).toEqual(Array(4).fill(expect.objectContaining({ usage: null })));
    expect(all.at(-2)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
    });
  });

  it('streams reasoning and tool calls with their arguments in pieces', async () => {
    const call = { id: 'call_1', name: 'add', arguments: ['{"a"', ':1}'] };
    const all = await payloads([reasoning('Hm', '.'), toolCalls(call)]);
    expect(deltas(all)).toEqual([
      { content: null, reasoning_content: 'Hm' },
      { content: null, reasoning_content: '.' },
      { role: 'assistant', content: '', refusal: null },
      {
        content: null,
        tool_calls: [
          { index: 0, id: 'call_1', type: 'function', function: { name: 'add', arguments: '' } },
        ],
      },
      { tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] },
      { tool_calls: [{ index: 0, function: { arguments: ':1}' } }] },
      {},
    ]);
  });

  it('cuts the arguments of a tool call that come as an object, and numbers parallel calls', async () => {
    const all = await payloads(
      toolCalls(
        { id: 'a', name: 'f', arguments: { long: 'argument' } },
        { id: 'b', name: 'g', arguments: {} },
      ),
    );
    const pieces = deltas(all).flatMap(
      (delta) =>
        (delta as { tool_calls?: { index: number; function: { arguments: string } }[] })
          .tool_calls ?? [],
    );
    const of = (index: number) =>
      pieces.filter((piece) => piece.index === index).map((piece) => piece.function.arguments);
    expect(of(0)).toEqual(['', '{"long":', '"argumen', 't"}']);
    expect(of(1)).toEqual(['', '{}']);
  });

  it('sends raw bytes, comments and peculiar chunks exactly as they are written', async () => {
    provider.reply([comment(), raw(Buffer.from([0xff, 0x0a])), chunk({ choices: [], id: '' })]);
    const received = await stream();
    await received.ended;
    const begin = Buffer.concat([Buffer.from(': keep-alive\n\n'), Buffer.from([0xff, 0x0a])]);
    expect(received.bytes.subarray(0, begin.length)).toEqual(begin);
    expect(received.text).toContain('data: {"id":"",');
    expect(received.text).toContain('"choices":[]}\n\n');
  });

  it('leaves out the finish reason, the usage or [DONE] where the script does', async () => {
    const all = await payloads([role(), text('cut')]);
    expect(all).toHaveLength(2);
    expect(all.at(-1)).toMatchObject({ choices: [{ finish_reason: null }] });
  });

  it('sends members with the finish chunk, as providers that put the usage there', async () => {
    const all = await payloads([finish('length', { usage: { total_tokens: 3 } }), done()]);
    expect(all[0]).toMatchObject({
      choices: [{ finish_reason: 'length' }],
      usage: { total_tokens: 3 },
    });
  });

  it('joins chunks that are to arrive together', async () => {
    const gate = provider.gate();
    provider.reply([together(text('a', 'b', 'c')), gate, done()]);
    const received = await stream();
    await received.event(0);
    // All three came with the first piece of the body: nothing else was read since.
    expect(received.events).toHaveLength(3);
    gate.open();
    await received.ended;
  });

  it('answers a request without stream with one document', async () => {
    provider.reply([
      reasoning('Hm.'),
      toolCalls({ id: 'call_1', name: 'add', arguments: { a: 1, b: 22 } }),
    ]);
    const received = await request(`${provider.baseUrl}/chat/completions`, ask());
    expect(received.status).toBe(200);
    expect(received.json()).toEqual({
      id: 'chatcmpl-scripted-1',
      object: 'chat.completion',
      created: 1_750_000_001,
      model: 'test-model',
      service_tier: 'default',
      system_fingerprint: 'fp_scripted',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: null,
            refusal: null,
            reasoning_content: 'Hm.',
            tool_calls: [
              {
                id: 'call_1',
                type: 'function',
                function: { name: 'add', arguments: '{"a":1,"b":22}' },
              },
            ],
          },
          logprobs: null,
          finish_reason: 'tool_calls',
        },
      ],
      usage: { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 },
    });
  });

  it('answers each call with the reply that fits, in order, then with the standing one', async () => {
    provider.always(text('standing'));
    provider.reply(text('first')).reply(text('second')).reply(text('other'), { model: 'other' });
    const said = async (model: string) => {
      const received = await request(`${provider.baseUrl}/chat/completions`, ask({ model }));
      return received.json<{ choices: [{ message: { content: string } }] }>().choices[0].message
        .content;
    };
    expect(await said('test-model')).toBe('first');
    expect(await said('test-model')).toBe('second');
    expect(await said('test-model')).toBe('standing');
    expect(await said('other')).toBe('other');
    expect(await said('other')).toBe('standing');
  });

  it('records what it was sent, and hands each request out once', async () => {
    provider.always([usage({ prompt_tokens: 1 }), done()]);
    const next = provider.nextRequest();
    await request(`${provider.baseUrl}/chat/completions`, {
      ...ask({ temperature: 0 }),
      headers: { authorization: 'Bearer key' },
    });
    await request(`${provider.baseUrl}/chat/completions`, ask());
    expect(await next).toMatchObject({
      number: 1,
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { authorization: 'Bearer key' },
      body: { model: 'test-model', messages, temperature: 0 },
    });
    expect((await next).raw.toString()).toBe(
      JSON.stringify({ model: 'test-model', messages, temperature: 0 }),
    );
    expect((await provider.nextRequest()).number).toBe(2);
    expect(provider.requests).toHaveLength(2);
  });

  it('lists its models, or does what is scripted instead', async () => {
    const url = `${provider.baseUrl}/models`;
    const list = (await request(url)).json<{ data: { id: string }[] }>();
    expect(list.data.map(({ id }) => id)).toEqual(['test-model', 'other-model']);
    provider.modelsScript = httpError(500);
    expect((await request(url)).status).toBe(500);
    expect(provider.requests).toHaveLength(0);
  });
});
