import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ModelRegistry } from '../src/models/model-registry.js';
import { RunStore } from '../src/runs/run-store.js';
import { openStream, request, type RequestOptions } from './support/http-client.js';
import type { LogLine } from './support/log-lines.js';
import { drop, httpError, respond } from './support/provider/faults.js';
import {
  answer,
  done,
  errorChunk,
  finish,
  raw,
  reasoning,
  role,
  text,
  toolCalls,
  usage,
} from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

const KEY = 'sk-live-0123456789abcdef';
const HEADER_SECRET = 'plain-header-secret-42';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const NOW = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** What people and models say in these tests, each by a word of its own. */
const SAID = [
  'user-words',
  'model-words',
  'thought-words',
  'argument-words',
  'instruction-words',
  'metadata-words',
  'history-words',
  'malformed-words',
];
/** What opens a door. */
const KEYS = [KEY, HEADER_SECRET, 'caller-token', 'caller-cookie', 'caller-key'];

/** Nothing is done about a call that fails: the run has failed with it. */
const ONE_CALL = { RETRY_BUDGET: '0', MAX_CONTINUATIONS: '0' };

const CALLER = {
  authorization: 'Bearer caller-token',
  cookie: 'session=caller-cookie',
  'x-api-key': 'caller-key',
};

describe('the log', () => {
  let provider: ScriptedProvider;
  let service: RunningService;

  const start = (env: Record<string, string>) =>
    startService({
      modelsYaml: {
        providers: {
          scripted: {
            name: 'Scripted',
            base_url: provider.baseUrl,
            api_key: '${A_KEY}',
            headers: { 'x-secret': '${A_HEADER}' },
          },
        },
        models: { 'test-model': { provider: 'scripted' } },
      },
      agentsYaml: { agents: { assistant: { instructions: 'Say instruction-words.' } } },
      env: { A_KEY: KEY, A_HEADER: HEADER_SECRET, ...env },
    });

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
  });
  afterEach(async () => {
    await service.close();
  });
  afterAll(async () => {
    await provider.close();
  });

  const chat = (body: unknown, headers: Record<string, string> = {}) =>
    request(`${service.url}/api/v1/chat`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...CALLER, ...headers },
    });
  const ask = (path: string, options?: RequestOptions) => request(service.url + path, options);
  /** The line of a message that belongs to a request. */
  const line = (msg: string, requestId: unknown) =>
    service.log.until((one) => one['msg'] === msg && one['request_id'] === requestId);
  const linesOf = (requestId: unknown): LogLine[] =>
    service.logs.filter((one) => one['request_id'] === requestId);

  /** Those of some words that stand in the log. */
  const told = (words: readonly string[]) =>
    words.filter((word) => service.log.text.includes(word));

  it('has a line for each request and each run, with ids, model, tokens and times', async () => {
    service = await start({});
    provider.reply(answer('model', '-words'));
    const answered = await chat({ message: 'user-words' });
    const { run_id, session_id } = answered.json();
    const request_id = answered.headers['x-request-id'];
    const common = {
      level: 'info',
      time: expect.stringMatching(NOW) as unknown,
      request_id,
      run_id,
    };
    await line('request', request_id);
    expect(linesOf(request_id)).toEqual([
      {
        ...common,
        msg: 'run finished',
        session_id,
        model: 'test-model',
        agent: 'assistant',
        state: 'completed',
        finish_reason: 'stop',
        attempts: 1,
        input_tokens: 10,
        output_tokens: 2,
        first_token_ms: expect.any(Number),
        total_ms: expect.any(Number),
      },
      {
        ...common,
        msg: 'request',
        method: 'POST',
        path: '/api/v1/chat',
        status: 200,
        duration_ms: expect.any(Number),
      },
    ]);
  });

  it('says which requests were left by their callers, and of paths no queries', async () => {
    service = await start({});
    const gate = provider.gate();
    provider.reply([role(), text('a'), gate, finish(), usage(), done()]);
    const left = await openStream(`${service.url}/api/v1/chat`, {
      body: { message: 'Hi', stream: true },
    });
    await left.event(0);
    left.cut();
    expect(await line('request', left.headers['x-request-id'])).toMatchObject({ cut: true });
    gate.open();
    const asked = await ask('/api/v1/models?token=caller-token');
    const whole = await line('request', asked.headers['x-request-id']);
    expect(whole).toMatchObject({ path: '/api/v1/models', status: 200 });
    expect(whole).not.toHaveProperty('cut');
    expect(told(KEYS)).toEqual([]);
  });

  it('is not filled by those who ask for the health', async () => {
    service = await start({});
    await ask('/health/live');
    await ask('/health/ready');
    const asked = await ask('/api/v1/models');
    await line('request', asked.headers['x-request-id']);
    expect(service.logs.map(({ path }) => path)).toEqual(['/api/v1/models']);
  });

  describe.each([
    { LOG_LEVEL: 'info' },
    { LOG_LEVEL: 'trace' },
    { LOG_LEVEL: 'trace', ...ONE_CALL },
  ])('with %j', (env) => {
    it('has no word of what was said, and no key', async () => {
      service = await start(env);
      await everyWayToTalk();
      expect(told([...SAID, ...KEYS])).toEqual([]);
      // The keys did go where they belong.
      expect(provider.requests.at(-1)!.headers).toMatchObject({
        authorization: `Bearer ${KEY}`,
        'x-secret': HEADER_SECRET,
      });
    });

    it('has no key that a provider says back, but the rest of its reason', async () => {
      service = await start(env);
      await everyWayToFail();
      expect(told(KEYS)).toEqual([]);
      expect(told(['key of yours, please', 'header of yours, please'])).toHaveLength(2);
    });
  });

  it('has what was said where LOG_CONTENT asks for it, and still no key', async () => {
    service = await start({ LOG_CONTENT: 'true' });
    provider.reply(answer('model', '-words'));
    const answered = await chat({ message: 'user-words' });
    expect(await line('run finished', answered.headers['x-request-id'])).toMatchObject({
      messages: [{ role: 'user', content: 'user-words' }],
      answer: 'model-words',
    });
    provider.reply([role(), text('half-words'), errorChunk()]).reply(httpError(401));
    const failed = await chat({ message: 'user-words' });
    expect(await line('run failed', failed.headers['x-request-id'])).toMatchObject({
      messages: [{ role: 'user', content: 'user-words' }],
      answer: 'half-words',
    });
    await everyWayToTalk();
    await everyWayToFail();
    expect(told(KEYS)).toEqual([]);
  });

  it('tells of each call that failed, and what was done about it', async () => {
    service = await start({});
    provider
      .reply(httpError(500, { message: 'Out of coffee.' }))
      .reply([role(), text('Hel'), errorChunk({ message: 'Out of milk.' })])
      .reply(answer('lo'));
    const answered = await chat({ message: 'Hi' });
    expect(answered.json()).toMatchObject({ message: { content: 'Hello' } });
    const id = answered.headers['x-request-id'];
    await line('request', id);
    const failed = (attempt: number, why: string) => ({
      time: expect.stringMatching(NOW) as unknown,
      level: 'warn',
      msg: 'model call failed',
      run_id: answered.headers['x-run-id'],
      request_id: id,
      model: 'test-model',
      provider: 'scripted',
      attempt,
      code: 'provider_unavailable',
      next_model: 'test-model',
      wait_ms: expect.any(Number),
      err: expect.objectContaining({ stack: expect.stringContaining(why) as unknown }) as unknown,
    });
    expect(linesOf(id)).toEqual([
      failed(1, 'Out of coffee.'),
      failed(2, 'Out of milk.'),
      expect.objectContaining({ msg: 'run finished', attempts: 3 }),
      expect.objectContaining({ msg: 'request', status: 200 }),
    ]);
  });

  it('tells why a provider failed, once, under the id of the request', async () => {
    service = await start(ONE_CALL);
    for (const stream of [true, false]) {
      provider.reply(httpError(500, { message: 'Out of coffee.' }));
      const early = await chat({ message: 'Hi', stream });
      provider.reply([role(), text('Hel'), errorChunk({ message: 'Out of milk.' })]);
      const late = await chat({ message: 'Hi', stream });
      for (const [failed, why] of [
        [early, 'Out of coffee.'],
        [late, 'Out of milk.'],
      ] as const) {
        const id = failed.headers['x-request-id'];
        await line('request', id);
        expect(linesOf(id).filter((one) => one['level'] === 'warn')).toEqual([
          expect.objectContaining({
            msg: 'run failed',
            run_id: failed.headers['x-run-id'],
            state: 'failed',
            code: 'provider_unavailable',
            err: expect.objectContaining({
              type: 'ProviderUnavailableError',
              stack: expect.stringContaining(why) as unknown,
            }) as unknown,
          }),
        ]);
        expect(failed.body).not.toContain(why);
      }
    }
  });

  it('tells what went wrong on our side, under the id of the request', async () => {
    service = await start({});
    const broken = new Error('The disk is on fire.');
    jest.spyOn(service.app.get(RunStore), 'get').mockRejectedValue(broken);
    const failed = await ask('/api/v1/runs/ffffffff-ffff-7fff-8fff-ffffffffffff');
    expect(failed.status).toBe(500);
    expect(failed.json()).toMatchObject({ code: 'internal' });
    expect(failed.body).not.toContain('fire');
    expect(await line('request failed', failed.headers['x-request-id'])).toMatchObject({
      level: 'error',
      code: 'internal',
      err: { message: 'The disk is on fire.', stack: expect.stringContaining('the-log-tells') },
    });
  });

  it('tells what went wrong in a run on our side, once', async () => {
    service = await start({});
    jest.spyOn(service.app.get(ModelRegistry), 'stream').mockImplementation(() => {
      throw new Error('The wheels came off.');
    });
    for (const stream of [true, false]) {
      const failed = await chat({ message: 'user-words', stream });
      expect(failed.status).toBe(500);
      expect(failed.body).not.toContain('wheels');
      const id = failed.headers['x-request-id'];
      await line('request', id);
      expect(linesOf(id).filter((one) => one['level'] !== 'info')).toMatchObject([
        { level: 'error', msg: 'run failed', err: { message: 'The wheels came off.' } },
      ]);
    }
  });

  it.each(['abc', 'a.b:c@d/e+f=g-h_9', 'x'.repeat(128), '0198c2a4-7d3e-7c55-9f0a-2b1f6c1d9e21'])(
    'knows a request by the id %s that it came with',
    async (id) => {
      service = await start({});
      provider.reply(answer('a'));
      const answered = await chat({ message: 'Hi' }, { 'X-Request-ID': id });
      expect(answered.headers['x-request-id']).toBe(id);
      await line('run finished', id);
      await line('request', id);
      const refused = await chat({}, { 'X-Request-ID': id });
      expect(refused.headers['x-request-id']).toBe(id);
      expect(refused.json()['request_id']).toBe(id);
    },
  );

  it.each(['', 'two words', 'x'.repeat(129), 'caf\u00e9', '<b>', '"', 'a,b'])(
    'gives a request an id of its own where it came with %j',
    async (id) => {
      service = await start({});
      const refused = await chat({}, { 'X-Request-ID': id });
      expect(refused.headers['x-request-id']).toMatch(UUID);
      expect(refused.json()['request_id']).toBe(refused.headers['x-request-id']);
      await line('request', refused.headers['x-request-id']);
    },
  );

  it('names the id in each answer, refusals and pages too', async () => {
    service = await start({ BODY_LIMIT: '1kb' });
    provider.reply(answer('a')).reply(answer('a'));
    const answers = [
      await chat({ message: 'Hi' }),
      await chat({ message: 'Hi', stream: true }),
      await chat({ message: 'a'.repeat(2_000) }),
      await chat('{'),
      await chat('a', { 'content-type': 'text/plain' }),
      await ask('/api/v1/nope'),
      await ask('/api/v1/chat'),
      await ask('/api/v1/runs/%FF'),
      await ask('/'),
      await ask('/docs'),
      await ask('/openapi.json'),
      await ask('/health/live'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([
      200, 200, 413, 400, 415, 404, 405, 400, 200, 200, 200, 200,
    ]);
    const ids = answers.map(({ headers }) => headers['x-request-id']);
    for (const id of ids) expect(id).toMatch(UUID);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is one JSON object a line, with a time, a level and a message', async () => {
    service = await start({ LOG_LEVEL: 'trace' });
    await everyWayToTalk();
    await everyWayToFail();
    expect(service.logs.length).toBeGreaterThan(20);
    for (const one of service.logs) {
      expect(one).toMatchObject({
        time: expect.stringMatching(NOW),
        level: expect.stringMatching(/^(trace|debug|info|warn|error)$/),
        msg: expect.any(String),
      });
    }
  });

  it('is silent below its level', async () => {
    service = await start({ LOG_LEVEL: 'error' });
    await everyWayToTalk();
    await everyWayToFail();
    expect(service.log.text).toBe('');
  });

  /** Says each of the words, in each way that there is to say something. */
  async function everyWayToTalk(): Promise<void> {
    const message = 'user-words';
    provider.reply([
      role(),
      reasoning('thought-words'),
      text('model-words'),
      finish(),
      usage(),
      done(),
    ]);
    const first = await chat({ message, stream: true, metadata: { note: 'metadata-words' } });
    provider.reply(answer('model-words'));
    await chat({ message, session_id: first.headers['x-session-id'] });
    provider.reply(toolCalls({ id: 'call_1', name: 'add', arguments: { a: 'argument-words' } }));
    await chat({
      messages: [
        { role: 'user', content: 'history-words' },
        { role: 'assistant', content: 'history-words' },
        { role: 'user', content: message },
      ],
      stream: true,
    });
    // The answer does not get as far as to be one.
    provider.reply([role(), text('model-words'), drop()]);
    await chat({ message });
    provider.reply([role(), raw('data: {"choices":[{"delta":{"content":"model-words\n\n')]);
    await chat({ message });
    provider.reply([role(), raw('data: ["model-words"]\n\n')]);
    await chat({ message });
    provider.reply(
      respond(200, '{"answer":"model-words"}', { 'content-type': 'application/json' }),
    );
    await chat({ message });
    // The request does not get as far as to be one.
    for (const body of [
      '{"message":"malformed-words"',
      { message: 5, unknown: 'malformed-words', 'malformed-words': 1 },
      { message, model: 'malformed-words' },
      { message, agent: 'malformed-words' },
      { message, session_id: 'malformed-words' },
      { message, on_busy: 'malformed-words' },
    ]) {
      expect((await chat(body)).status).toBeGreaterThanOrEqual(400);
    }
    await chat('malformed-words', { 'content-type': 'text/plain' });
  }

  /** Lets the provider say the keys back, as some do. */
  async function everyWayToFail(): Promise<void> {
    const body = (words: string) => ({ message: words, code: null });
    for (const script of [
      httpError(401, body(`Incorrect API key provided: ${KEY}. A key of yours, please.`)),
      httpError(500, body(`We got "Authorization: Bearer ${KEY}" from you.`)),
      httpError(422, body(`We know no ${HEADER_SECRET}. A header of yours, please.`)),
      respond(502, `<html>x-secret: ${HEADER_SECRET} authorization: Bearer ${KEY}</html>`),
      respond(400, JSON.stringify({ detail: [{ headers: { authorization: `Bearer ${KEY}` } }] })),
      [role(), text('a'), errorChunk(body(`Your ${KEY} is over.`))],
      [role(), text('a'), raw(`data: Bearer ${KEY} ${HEADER_SECRET}\n\n`)],
    ]) {
      // If it is called again, it has nothing to say but 400.
      provider.reply(script);
      expect((await chat({ message: 'Hi' })).status).toBeGreaterThanOrEqual(400);
    }
  }
});
