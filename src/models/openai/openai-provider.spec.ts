import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { getEventListeners } from 'node:events';
import type { IncomingHttpHeaders, RequestListener, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { createGzip } from 'node:zlib';
import type { ModelConfig, ProviderConfig } from '../../config/models-config.js';
import { ProblemError } from '../../http/problem.js';
import type { ModelCall, ModelDelta } from '../model-stream.js';
import { ProviderCircuit } from '../circuit/provider-circuit.js';
import { NodeTransport } from './node-transport.js';
import { OpenAiProvider } from './openai-provider.js';
import * as errors from './provider-errors.js';
import { connectionClosed, bodyOf, listen, type LocalServer } from './testing/local-server.js';
import {
  chunk,
  collect,
  events,
  HELLO,
  modelConfig,
  providerConfig,
  summarise,
} from './testing/answers.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Received {
  path: string | undefined;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

/** A provider whose server keeps what it gets and answers as `answer` says. */
const aCircuit = () => new ProviderCircuit('Test');

async function acme(
  answer: (response: ServerResponse) => unknown = whole(HELLO),
  changes: Partial<ProviderConfig> = {},
) {
  const received: Received[] = [];
  const handler: RequestListener = (request, response) => {
    void bodyOf(request).then((body) => {
      const { url: path, headers } = request;
      received.push({ path, headers, body: JSON.parse(body) as Record<string, unknown> });
      answer(response);
    });
  };
  const server: LocalServer = await listen(handler);
  cleanups.push(() => server.close());
  const transport = new NodeTransport();
  cleanups.push(() => transport.close());
  const config = providerConfig({ baseUrl: `${server.url}/v1`, ...changes });
  const provider = new OpenAiProvider(config, transport.fetchWithin(10_000), aCircuit());
  const ask = (call: Partial<ModelCall> = {}, model: Partial<ModelConfig> = {}) =>
    provider.stream(modelConfig(model), {
      messages: [{ role: 'user', content: 'Hi' }],
      signal: new AbortController().signal,
      ...call,
    });
  return { server, received, ask };
}

function whole(body: string, type = 'text/event-stream', status = 200) {
  return (response: ServerResponse) =>
    response.writeHead(status, { 'Content-Type': type }).end(body);
}

function begun(body: string) {
  return (response: ServerResponse) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(body);
  };
}

describe('a call of OpenAiProvider', () => {
  it('sends what OpenAI documents and nothing more', async () => {
    const { received, ask } = await acme();
    const messages = [
      { role: 'system' as const, content: 'Be brief.' },
      { role: 'user' as const, content: 'Hi', id: 'ours' },
    ];
    await collect(ask({ messages }));
    expect(received).toMatchObject([{ path: '/v1/chat/completions' }]);
    expect(received[0]?.body).toEqual({
      model: 'acme-1-large',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('gives the beginning of an answer as a plain last message', async () => {
    const { received, ask } = await acme();
    const messages = [
      { role: 'user' as const, content: 'Hi' },
      { role: 'assistant' as const, content: 'Hel' },
    ];
    await collect(ask({ messages }));
    expect(received[0]?.body['messages']).toEqual(messages);
  });

  it('passes on the limit under the name that the model wants, temperature and format', async () => {
    const { received, ask } = await acme(undefined, { streamUsage: false });
    const responseFormat = { type: 'json_schema', json_schema: { name: 'x', schema: {} } };
    await collect(ask({ maxTokens: 7, temperature: 0, responseFormat }));
    await collect(ask({ maxTokens: 7 }, { maxTokensField: 'max_completion_tokens' }));
    expect(received[0]?.body).toMatchObject({
      max_tokens: 7,
      temperature: 0,
      response_format: responseFormat,
    });
    expect(received[0]?.body).not.toHaveProperty('stream_options');
    expect(received[1]?.body).toMatchObject({ max_completion_tokens: 7 });
    expect(received[1]?.body).not.toHaveProperty('max_tokens');
  });

  it('sends the key, the configured headers, and nothing about this machine', async () => {
    const { received, ask } = await acme(undefined, {
      headers: { 'X-Title': 'Agno', 'User-Agent': 'mine' },
    });
    await collect(ask());
    const { host, 'content-length': length, ...headers } = received[0]?.headers ?? {};
    expect(headers).toEqual({
      accept: 'application/json',
      'accept-encoding': 'identity',
      authorization: 'Bearer sk-acme-0123456789',
      connection: 'keep-alive',
      'content-type': 'application/json',
      'user-agent': 'mine',
      'x-title': 'Agno',
    });
    expect([host, Number(length)]).toEqual([expect.stringMatching(/^127/), expect.any(Number)]);
  });

  it.each([undefined, ''])('sends no Authorization where the key is %j', async (apiKey) => {
    const { received, ask } = await acme(undefined, { apiKey });
    await collect(ask());
    expect(received[0]?.headers).not.toHaveProperty('authorization');
  });

  it('lets a configured header replace the key', async () => {
    const { received, ask } = await acme(undefined, {
      apiKey: undefined,
      headers: { authorization: 'Basic eDp5' },
    });
    await collect(ask());
    expect(received[0]?.headers.authorization).toBe('Basic eDp5');
  });

  it('gives text, usage and finish', async () => {
    const { ask } = await acme();
    expect(await collect(ask())).toEqual([
      { type: 'text', text: 'Hello' },
      { type: 'usage', usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 } },
      { type: 'finish', reason: 'stop' },
    ]);
  });

  it('uses one connection for one call after the other', async () => {
    const { server, ask } = await acme();
    for (let call = 0; call < 3; call++) await collect(ask());
    expect(server.sockets).toHaveLength(1);
  });

  it('ends at [DONE] although the server does not close', async () => {
    const { ask } = await acme(begun(HELLO));
    expect(summarise(await collect(ask())).text).toBe('Hello');
  });

  it('reads the answer of a server that does not stream', async () => {
    const message = { role: 'assistant', content: 'Hello' };
    const body = {
      object: 'chat.completion',
      choices: [{ index: 0, message, finish_reason: 'stop' }],
    };
    const { ask } = await acme(whole(JSON.stringify(body), 'application/json'));
    expect(summarise(await collect(ask()))).toMatchObject({ text: 'Hello', finish: 'stop' });
  });

  it('gives a compressed answer as it comes', async () => {
    const { ask } = await acme((response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Content-Encoding': 'gzip' });
      const gzip = createGzip();
      gzip.pipe(response);
      gzip.write(events(chunk({ content: 'a' })));
      gzip.flush();
    });
    for await (const piece of ask()) {
      expect(piece).toEqual([{ type: 'text', text: 'a' }]);
      break;
    }
  });

  it.each([
    ['that ends', whole(HELLO)],
    ['whose server does not close', begun(HELLO)],
    ['that fails', whole(events('junk'))],
    ['that is refused', whole('{}', 'application/json', 400)],
  ])('%s leaves no timer, and no listener on the signal', async (_name, answer) => {
    const timers = () => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;
    const { ask } = await acme(answer);
    const before = timers();
    const { signal } = new AbortController();
    await collect(ask({ signal })).catch(() => undefined);
    expect(timers()).toBe(before);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('reads a WHATWG response', async () => {
    const fetch = () =>
      Promise.resolve(new Response(HELLO, { headers: { 'content-type': 'text/event-stream' } }));
    const provider = new OpenAiProvider(providerConfig(), fetch, aCircuit());
    const signal = new AbortController().signal;
    expect(
      summarise(await collect(provider.stream(modelConfig(), { messages: [], signal }))).text,
    ).toBe('Hello');
  });

  it('takes a response without a body for an early end', async () => {
    const fetch = () => Promise.resolve(new Response(null));
    const provider = new OpenAiProvider(providerConfig(), fetch, aCircuit());
    const call = { messages: [], signal: new AbortController().signal };
    await expect(collect(provider.stream(modelConfig(), call))).rejects.toThrow(
      'Acme ended early.',
    );
  });

  it.each<
    [
      name: string,
      answer: (response: ServerResponse) => unknown,
      expected: new (...args: never[]) => Error,
    ]
  >([
    [
      'a refused key',
      whole('{"error":{"message":"no"}}', 'application/json', 401),
      errors.ProviderAuthError,
    ],
    [
      'a limited rate',
      whole('{"error":{"message":"no"}}', 'application/json', 429),
      errors.ProviderRateLimitedError,
    ],
    [
      'an array of errors',
      whole(
        '[{"error":{"code":400,"message":"The input token count exceeds"}}]',
        'application/json',
        400,
      ),
      errors.ContextTooLongError,
    ],
    ['a page with 502', whole('<html>', 'text/html', 502), errors.ProviderUnavailableError],
    [
      'a redirect',
      (response) => response.writeHead(302, { Location: '/' }).end(),
      errors.ProviderRejectedError,
    ],
    ['a page with 200', whole('<html>', 'text/html'), errors.StreamMalformedError],
    [
      'an error with 200',
      whole('{"error":{"message":"no","code":429}}', 'application/json'),
      errors.ProviderRateLimitedError,
    ],
    [
      'an error in the stream',
      whole(events('{"error":{"message":"no","code":502}}')),
      errors.ProviderUnavailableError,
    ],
    ['junk in the stream', whole(events('junk')), errors.StreamMalformedError],
    [
      'a stream without a finish reason',
      whole(events(chunk({ content: 'a' }), '[DONE]')),
      errors.ProviderUnavailableError,
    ],
    ['an empty stream', whole(''), errors.ProviderUnavailableError],
    [
      'a connection that is closed',
      (response) => response.destroy(),
      errors.ProviderUnavailableError,
    ],
    [
      'a connection that is closed in mid-answer',
      (response) => {
        begun(events(chunk({ content: 'a' })))(response);
        response.socket?.end();
      },
      errors.ProviderUnavailableError,
    ],
  ])('fails with an error of its own after %s', async (_name, answer, expected) => {
    const { ask, received } = await acme(answer);
    await expect(collect(ask())).rejects.toBeInstanceOf(expected);
    // Retries are the caller's business alone.
    expect(received).toHaveLength(1);
  });

  it.each([
    ['an event that is no JSON', events('{"choices":[{"delta":{"content":"SECRET diary')],
    ['an event that is no object', events('"SECRET diary"')],
    ['lines of an event', events('SECRET diary\ndata: SECRET diary')],
    ['a document of another kind', '{"hello":"SECRET diary"}'],
    ['a document that is none', '{"choices":[{"message":{"content":"SECRET diary'],
    ['a page', '<html>SECRET diary'],
  ])('does not tell the log what people say after %s', async (_name, body) => {
    const { ask } = await acme(whole(body));
    const error = await collect(ask()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(errors.StreamMalformedError);
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/SECRET|diary/);
  });

  it('takes a stream that is cut inside of a line for one that broke off', async () => {
    const { ask } = await acme(whole(`${events(chunk({ content: 'a' }))}data: {"choi`));
    await expect(collect(ask())).rejects.toMatchObject({
      code: 'provider_unavailable',
      retryable: true,
    });
  });

  it('leaves a fault of our own what it is', async () => {
    const fault = new TypeError('x is not a function');
    const provider = new OpenAiProvider(providerConfig(), () => Promise.reject(fault), aCircuit());
    const call = { messages: [], signal: new AbortController().signal };
    const error = await collect(provider.stream(modelConfig(), call)).catch((one: unknown) => one);
    expect(error).not.toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({ cause: { message: 'x is not a function' } });
  });

  it('takes over how long the provider wants to be left alone', async () => {
    const { ask } = await acme((response) =>
      response.writeHead(429, { 'Retry-After': '7' }).end('{}'),
    );
    await expect(collect(ask())).rejects.toMatchObject({ retryAfter: 7, retryable: true });
  });

  it('fails when nobody listens', async () => {
    const { ask, server } = await acme();
    await server.close();
    await expect(collect(ask())).rejects.toMatchObject({
      code: 'provider_unavailable',
      retryable: true,
    });
  });

  it('fails with a key that cannot be sent, and does not tell it', async () => {
    const apiKey = 'key-with\na-line-break';
    const { ask } = await acme(undefined, { apiKey });
    const error = await collect(ask()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(errors.ProviderMisconfiguredError);
    expect(error).toMatchObject({ code: 'model_unavailable', retryable: false });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('a-line-break');
  });

  it('fails a provider that is silent before the first token, and closes the socket', async () => {
    const { ask, server } = await acme(() => undefined);
    await expect(collect(ask({}, { firstTokenTimeoutMs: 30 }))).rejects.toThrow(
      'Acme sent nothing for 30 ms.',
    );
    await connectionClosed(server);
  });

  it('fails a provider that is silent between tokens, and closes the socket', async () => {
    const { ask, server } = await acme(begun(events(chunk({ content: 'a' }))));
    const stream = ask({}, { tokenTimeoutMs: 30 });
    const deltas: ModelDelta[] = [];
    const reading = (async () => {
      for await (const piece of stream) deltas.push(...piece);
    })();
    await expect(reading).rejects.toThrow(errors.ProviderTimeoutError);
    expect(deltas).toEqual([{ type: 'text', text: 'a' }]);
    await connectionClosed(server);
  });

  it.each([
    ['before the headers', () => undefined],
    ['before the first token', begun(': hi\n\n')],
    ['between tokens', begun(events(chunk({ content: 'a' })))],
  ])(
    'that is aborted %s throws the reason and closes the socket at once',
    async (_name, answer) => {
      const aborter = new AbortController();
      const reason = new Error('enough');
      const { ask, server } = await acme((response) => {
        answer(response);
        setImmediate(() => aborter.abort(reason));
      });
      await expect(collect(ask({ signal: aborter.signal }))).rejects.toBe(reason);
      await connectionClosed(server);
    },
  );

  it('that its consumer leaves closes the socket at once', async () => {
    const { ask, server } = await acme(begun(events(chunk({ content: 'a' }))));
    for await (const piece of ask()) {
      expect(piece).toEqual([{ type: 'text', text: 'a' }]);
      break;
    }
    await connectionClosed(server);
  });

  it('stops the provider while its consumer is slow, and loses nothing', async () => {
    const count = 3_000;
    const content = 'x'.repeat(10_000);
    let sent = 0;
    let stopped: () => void = () => undefined;
    const full = new Promise<void>((resolve) => (stopped = resolve));
    const { ask } = await acme((response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      const more = () => {
        while (sent < count) {
          sent++;
          if (!response.write(events(chunk({ content })))) return stopped();
        }
        response.end(events(chunk({}, 'stop'), '[DONE]'));
      };
      response.on('drain', more);
      more();
    });
    const stream = ask()[Symbol.asyncIterator]();
    const first = await stream.next();
    await full;
    // Until the sockets' buffers are full and nothing moves any more.
    for (let before = -1; before !== sent;) {
      before = sent;
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    }
    expect(sent).toBeLessThan(count);
    const deltas = [...((first.value ?? []) as ModelDelta[])];
    for await (const piece of { [Symbol.asyncIterator]: () => stream }) deltas.push(...piece);
    expect(summarise(deltas).text).toHaveLength(count * content.length);
  });
});

describe('the environment', () => {
  const stray = {
    OPENAI_API_KEY: 'sk-stray',
    OPENAI_ADMIN_KEY: 'sk-stray-admin',
    OPENAI_ORG_ID: 'org-stray',
    OPENAI_PROJECT_ID: 'proj-stray',
    OPENAI_BASE_URL: 'http://stray.invalid/v1',
    OPENAI_WEBHOOK_SECRET: 'whsec-stray',
    OPENAI_CUSTOM_HEADERS: 'X-Stray: 1\nAuthorization: Bearer sk-stray',
    OPENAI_LOG: 'debug',
  };

  beforeEach(() => {
    // eslint-disable-next-line no-restricted-properties -- what the client reads behind our back
    const { env } = process;
    const before = { ...env };
    Object.assign(env, stray);
    cleanups.push(() => {
      for (const name of Object.keys(stray)) delete env[name];
      Object.assign(env, before);
    });
  });

  it('changes nothing in a request', async () => {
    const { received, ask } = await acme(undefined, { apiKey: undefined });
    await collect(ask());
    expect(received).toHaveLength(1);
    expect(JSON.stringify(received)).not.toMatch(/stray/i);
  });

  it('does not make the client log', async () => {
    const methods = ['debug', 'info', 'log', 'warn', 'error'] as const;
    const spies = methods.map((method) => jest.spyOn(console, method));
    const { ask } = await acme();
    await collect(ask());
    const failing = await acme(whole('{}', 'application/json', 500));
    await expect(collect(failing.ask())).rejects.toThrow();
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  });
});
