import { describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { DocumentLibrary } from '../../documents/document-library.js';
import { countTokens, estimateUsage } from '../token-count.js';
import { createOfflineFetch } from './offline-fetch.js';

const COMPLETIONS = 'http://offline/v1/chat/completions';
const documents = new DocumentLibrary();
const unpaced = createOfflineFetch({ documents, wordDelayMs: 0 });
const client = new OpenAI({
  fetch: unpaced,
  baseURL: 'http://offline/v1',
  apiKey: 'none',
  maxRetries: 0,
});

type Message = OpenAI.ChatCompletionMessageParam;
type Fields = Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>;

const user = (content: string): Message => ({ role: 'user', content });
const messages = [user('What can you do?')];
const post = (fields: object) => ({
  method: 'POST',
  body: JSON.stringify({ model: 'assistant', messages, ...fields }),
});

/** What a message is answered with. */
async function choice(said: string | Message[], fields: Fields = {}) {
  const conversation = typeof said === 'string' ? [user(said)] : said;
  const completion = await client.chat.completions.create({
    model: 'assistant',
    messages: conversation,
    ...fields,
  });
  return completion.choices[0]!;
}

const say = async (said: string | Message[], fields: Fields = {}): Promise<string> =>
  (await choice(said, fields)).message.content ?? '';

const tool = (name: string, properties: object, required = Object.keys(properties)) => ({
  type: 'function' as const,
  function: { name, parameters: { type: 'object', properties, required } },
});
const string = { type: 'string' };
const calculator = tool('calculator', { expression: string });
const clock = tool('current_time', { timezone: string }, []);
const search = tool('search_documents', { query: string });

/** A call as it stands in an answer, and its result as it comes back. */
const called = (id: string, name: string, args: object) => ({
  id,
  type: 'function' as const,
  function: { name, arguments: JSON.stringify(args) },
});
const result = (tool_call_id: string, content: string): Message => ({
  role: 'tool',
  tool_call_id,
  content,
});

describe('the protocol of the offline assistant', () => {
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
    const text = texts.join('');
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
    // A chunk is a word with the white space before it.
    expect(texts.filter((one) => one !== '')).toEqual(text.match(/\s*\S+/g));
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason ?? null)).toEqual([
      ...Array<null>(chunks.length - 2).fill(null),
      'stop',
      null,
    ]);
    const output = await countTokens(text);
    const { inputTokens } = await estimateUsage(
      [{ role: 'user', content: 'What can you do?' }],
      '',
    );
    expect(chunks.at(-1)?.usage).toEqual({
      prompt_tokens: inputTokens,
      completion_tokens: output,
      total_tokens: inputTokens + output,
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

  it.each(['What can you do?', 'How do I resume?', '/long 50', 'What is 2 + 2?'])(
    'says the same bytes to the same request: %s',
    async (content) => {
      const request = post({ stream: true, messages: [user(content)], tools: [calculator] });
      const body = async () => (await unpaced(COMPLETIONS, request)).text();
      expect(await body()).toBe(await body());
    },
  );

  it('says the same without a stream', async () => {
    const streamed = client.chat.completions.stream({ model: 'assistant', messages });
    const whole = await client.chat.completions.create({ model: 'assistant', messages });
    expect(whole.choices[0]?.message.content).toBe(await streamed.finalContent());
    expect(whole).toMatchObject({ object: 'chat.completion', model: 'assistant' });
  });

  it.each(['max_tokens', 'max_completion_tokens'])(
    'ends its answer at %s, to the token',
    async (field) => {
      const whole = await say('What can you do?');
      for (const limit of [1, 2, 5, 40]) {
        const limited = await client.chat.completions.create({
          model: 'assistant',
          messages,
          [field]: limit,
        });
        const text = limited.choices[0]?.message.content ?? '';
        expect(limited.choices[0]?.finish_reason).toBe('length');
        expect(whole.startsWith(text)).toBe(true);
        expect(await countTokens(text)).toBe(limit);
        expect(limited.usage?.completion_tokens).toBe(limit);
      }
    },
  );

  it('ends by itself where the limit is not reached', async () => {
    const whole = await say('/long 5');
    const tokens = await countTokens(whole);
    expect(await choice('/long 5', { max_tokens: tokens })).toMatchObject({
      finish_reason: 'stop',
      message: { content: '1 2 3 4 5' },
    });
  });

  it('ends before a text of stop', async () => {
    expect(await say('/long 20', { stop: '7' })).toBe('1 2 3 4 5 6 ');
    expect(await say('/long 20', { stop: ['x', ' 9', '12'] })).toBe('1 2 3 4 5 6 7 8');
    expect((await choice('/long 20', { stop: '7' })).finish_reason).toBe('stop');
    const cut = [user('/long 20'), { role: 'assistant' as const, content: '1 2 3' }];
    expect(await say(cut, { stop: '7' })).toBe(' 4 5 6 ');
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
    const slow = createOfflineFetch({ documents, wordDelayMs: 3_600_000 });
    const response = await slow(COMPLETIONS, { ...post({ stream: true }), signal: abort.signal });
    const reader = response.body!.getReader();
    await reader.read();
    const word = reader.read();
    abort.abort();
    await expect(word).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('the tools of the offline assistant', () => {
  it('are asked for in deltas, as a model does', async () => {
    const stream = await client.chat.completions.create({
      model: 'assistant',
      messages: [user('What is 17 * 23?')],
      tools: [calculator],
      stream: true,
    });
    const deltas: OpenAI.ChatCompletionChunk.Choice[] = [];
    for await (const { choices } of stream) deltas.push(...choices);
    const calls = deltas.flatMap(({ delta }) => delta.tool_calls ?? []);
    expect(calls[0]).toEqual({
      index: 0,
      id: 'call_offline_1',
      type: 'function',
      function: { name: 'calculator', arguments: '' },
    });
    expect(calls.length).toBeGreaterThan(3);
    expect(calls.map((call) => call.function?.arguments).join('')).toBe('{"expression":"17 * 23"}');
    expect(deltas.map(({ delta }) => delta.content ?? '').join('')).toBe('');
    expect(deltas.at(-1)?.finish_reason).toBe('tool_calls');
  });

  it('do what is computed: the result is said as it comes, right or wrong', async () => {
    const asked = [user('What is 17 * 23?')];
    const { message, finish_reason } = await choice(asked, { tools: [calculator] });
    expect(finish_reason).toBe('tool_calls');
    const answered = [...asked, message, result(message.tool_calls![0]!.id, '391.000001')];
    expect(await choice(answered, { tools: [calculator] })).toMatchObject({
      finish_reason: 'stop',
      message: {
        content:
          'The tool `calculator`, asked for `{"expression":"17 * 23"}`, says:\n\n> 391.000001',
      },
    });
  });

  it.each<[string, Fields]>([
    ['are not offered', {}],
    ['are others', { tools: [search] }],
    ['must not be used', { tools: [calculator], tool_choice: 'none' }],
  ])('are missed where they %s: nothing is computed', async (_, fields) => {
    const { message } = await choice('What is 17 * 23?', { ...fields, tools: fields.tools });
    expect(message.tool_calls).toBeUndefined();
    expect(message.content).toContain('I do not calculate `17 * 23` by myself');
    expect(message.content).not.toContain('391');
  });

  it('may be several at once, or one after the other', async () => {
    const asked = [user('What is 2 + 2, and what time is it in Tokyo?')];
    const tools = [calculator, clock];
    const both = await choice(asked, { tools });
    const calls = [
      called('call_offline_1', 'calculator', { expression: '2 + 2' }),
      called('call_offline_2', 'current_time', { timezone: 'Asia/Tokyo' }),
    ];
    expect(both.message.tool_calls).toEqual(calls);

    const one = await choice(asked, { tools, parallel_tool_calls: false });
    expect(one.message.tool_calls).toEqual([calls[0]]);
    const then = [...asked, one.message, result('call_offline_1', '4')];
    const two = await choice(then, { tools, parallel_tool_calls: false });
    expect(two.message.tool_calls).toEqual([calls[1]]);
    const last = [...then, two.message, result('call_offline_2', '21:00')];
    const told = await say(last, { tools, parallel_tool_calls: false });
    expect(told).toMatch(/> 4\n\nThe tool `current_time`.*\n\n> 21:00$/s);
  });

  it('look documents up where they can: nothing is looked up by itself', async () => {
    const asked = [user('How do I resume a stream?')];
    const { message } = await choice(asked, { tools: [search] });
    expect(message.tool_calls).toEqual([
      called('call_offline_1', 'search_documents', { query: 'How do I resume a stream?' }),
    ]);
    const found = [...asked, message, result('call_offline_1', 'Nothing.\n\nAt all.')];
    expect(await say(found, { tools: [search] })).toMatch(/says:\n\n> Nothing\.\n>\n> At all\.$/);
    for (const small of ['Hello', 'Thank you!', '/help', '/long 3', '']) {
      expect((await choice(small, { tools: [search] })).message.tool_calls).toBeUndefined();
    }
  });

  it('can be asked for by their names', async () => {
    const other = tool('send_mail', { to: string });
    const asked = [user('/call send_mail {"to": "Ada"}\nsend_mail {"to": "Bob"}')];
    const { message } = await choice(asked, { tools: [other] });
    expect(message.tool_calls).toEqual([
      called('call_offline_1', 'send_mail', { to: 'Ada' }),
      called('call_offline_2', 'send_mail', { to: 'Bob' }),
    ]);
    expect(await say(asked, { tools: [calculator] })).toBe(
      'I cannot ask for `send_mail`, `send_mail`: the tools that are offered to me here are: ' +
        '`calculator`.',
    );
  });

  it('can be asked for again and again', async () => {
    const conversation = [user('/loop calculator {"expression": "1"}')];
    for (let turn = 1; turn <= 3; turn += 1) {
      const { message } = await choice(conversation, { tools: [calculator] });
      const id = `call_offline_${turn}`;
      expect(message.tool_calls).toEqual([called(id, 'calculator', { expression: '1' })]);
      conversation.push(message, result(id, '1'));
    }
    expect(await say(conversation, { tool_choice: 'none', tools: [calculator] })).toMatch(/> 1$/);
  });

  it('are used where they must be', async () => {
    const named = { type: 'function' as const, function: { name: 'current_time' } };
    const forced = await choice('Hello', { tools: [calculator, clock], tool_choice: named });
    expect(forced.message.tool_calls).toMatchObject([{ function: { name: 'current_time' } }]);
    const some = await choice('Hello', { tools: [calculator], tool_choice: 'required' });
    expect(some.message.tool_calls).toEqual([
      called('call_offline_1', 'calculator', { expression: 'some expression' }),
    ]);
  });

  it('are cut off like text at max_tokens', async () => {
    const { message, finish_reason } = await choice('What is 17 * 23?', {
      tools: [calculator],
      max_tokens: 4,
    });
    expect(finish_reason).toBe('length');
    const text = JSON.stringify({ expression: '17 * 23' });
    const [call] = message.tool_calls as OpenAI.ChatCompletionMessageFunctionToolCall[];
    expect(text.startsWith(call!.function.arguments)).toBe(true);
    expect(call!.function.arguments.length).toBeLessThan(text.length);
  });
});

describe('the values of the offline assistant', () => {
  const schema = {
    type: 'object',
    properties: { city: string, population: { type: 'integer', minimum: 1 } },
    required: ['city', 'population'],
    additionalProperties: false,
  };
  const format: Fields['response_format'] = {
    type: 'json_schema',
    json_schema: { name: 'city', strict: true, schema },
  };

  it('fit the schema, and are continued by their own rest only', async () => {
    const text = await say('Which city?', { response_format: format });
    expect(JSON.parse(text)).toEqual({ city: 'some city', population: expect.any(Number) });
    const cut = (content: string) => [user('Which city?'), { role: 'assistant' as const, content }];
    for (const at of [0, 1, 10, text.length]) {
      const rest = await say(cut(text.slice(0, at)), { response_format: format });
      expect(text.slice(0, at) + rest).toBe(text);
    }
    await expect(say(cut('{"town":'), { response_format: format })).rejects.toMatchObject({
      status: 400,
      param: 'messages',
    });
  });

  it('are any object where none is described', async () => {
    const text = await say('/long 3', { response_format: { type: 'json_object' } });
    expect(JSON.parse(text)).toEqual({ answer: '1 2 3' });
  });

  it('are refused where nothing fits', async () => {
    const none = { type: 'json_schema', json_schema: { name: 'n', schema: { not: {} } } } as const;
    await expect(say('Hi', { response_format: none })).rejects.toMatchObject({
      status: 400,
      param: 'response_format',
    });
  });
});

describe('the commands of the offline assistant', () => {
  const streamed = async (content: string, partial = '') => {
    const said = partial === '' ? [] : [{ role: 'assistant', content: partial }];
    const request = post({ stream: true, messages: [user(content), ...said] });
    const response = await unpaced(COMPLETIONS, request);
    let text = '';
    let error: unknown;
    try {
      for await (const bytes of response.body!) {
        for (const [, data = ''] of Buffer.from(bytes)
          .toString()
          .matchAll(/^data: (\{.*)$/gm)) {
          const { choices } = JSON.parse(data) as OpenAI.ChatCompletionChunk;
          text += choices[0]?.delta.content ?? '';
        }
      }
    } catch (caught) {
      error = caught;
    }
    return { text, error };
  };

  it('break the connection after so many words, once for each', async () => {
    const whole = await say('Tell me how to resume a stream.');
    const words = whole.match(/\s*\S+/g)!;
    const question = '/drop 3 7 Tell me how to resume a stream.';
    const one = await streamed(question);
    expect(one.text).toBe(words.slice(0, 3).join(''));
    expect(one.error).toMatchObject({ name: 'TypeError', message: 'terminated' });
    const two = await streamed(question, one.text);
    expect(two.text).toBe(words.slice(3, 7).join(''));
    expect(two.error).toBeInstanceOf(TypeError);
    const three = await streamed(question, one.text + two.text);
    expect(three).toEqual({ text: words.slice(7).join(''), error: undefined });
  });

  it('break a request without a stream too, or keep silent until it is given up', async () => {
    const request = post({ messages: [user('/drop')] });
    await expect(unpaced(COMPLETIONS, request)).rejects.toThrow(TypeError);
    const abort = new AbortController();
    const silent = unpaced(COMPLETIONS, {
      ...post({ messages: [user('/stall')] }),
      signal: abort.signal,
    });
    abort.abort(new Error('given up'));
    await expect(silent).rejects.toThrow('given up');
  });

  it.each([503, 429, 401, 400])('answer with status %d', async (status) => {
    const response = await unpaced(COMPLETIONS, post({ messages: [user(`/error ${status}`)] }));
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { message: /told/ } });
  });

  it('count', async () => {
    const text = await say('/long 20000');
    expect(text.split(' ').map(Number)).toEqual(Array.from({ length: 20_000 }, (_, i) => i + 1));
  });

  it('are listed, and said to be wrong or unknown', async () => {
    expect(await say('/help')).toMatch(/^You can tell me to misbehave:\n\n- `\/help` lists/);
    expect(await say('/drob')).toMatch(/^There is no command `\/drob`\. These are:\n\n- `\/help`/);
    expect(await say('/slow 60')).toBe(
      '`/slow [seconds] [question]`: the pause can be up to 10 seconds.',
    );
  });

  it('explain themselves where they come without a question', async () => {
    for (const name of ['slow', 'stall']) {
      expect((await streamed(`/${name}`, await say('/slow'))).error).toBeUndefined();
    }
    expect(await say('/slow')).toContain('I pause before each word');
  });
});

describe('the continuation of the offline assistant', () => {
  it('is the rest of its answer, from any place', async () => {
    const whole = await say('How do I resume a stream?');
    for (let at = 0; at <= whole.length; at += 7) {
      const begun = { role: 'assistant' as const, content: whole.slice(0, at) };
      expect(whole.slice(0, at) + (await say([user('How do I resume a stream?'), begun]))).toBe(
        whole,
      );
    }
  });

  it('passes off nothing as its own that is not', async () => {
    const begun = { role: 'assistant' as const, content: 'Ahoy, ' };
    const rest = await say([user('What can you do?'), begun]);
    expect(rest).toContain('the words are not mine');
    expect(rest.endsWith(await say('What can you do?'))).toBe(true);
  });
});
