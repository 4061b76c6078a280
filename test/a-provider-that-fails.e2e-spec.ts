import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { modelsFor } from './support/config-dir.js';
import { openStream, request } from './support/http-client.js';
import { chunksOf, contentOf } from './support/native-chunks.js';
import {
  drop,
  htmlPage,
  httpError,
  rateLimited,
  respond,
  stall,
} from './support/provider/faults.js';
import type { Script } from './support/provider/script.js';
import { done, errorChunk, finish, malformed, raw, role, text } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

const SECRET = 'what the provider says of sk-test-key';

/** What a provider may do before its first token, and what a caller then gets. */
const BEFORE: [string, Script, number, string, boolean][] = [
  ['refuses our key', httpError(401, { message: SECRET }), 502, 'provider_auth_failed', false],
  ['forbids us', httpError(403, { message: SECRET }), 502, 'provider_auth_failed', false],
  ['rejects the request', httpError(400, { message: SECRET }), 502, 'provider_rejected', false],
  ['rejects the fields', httpError(422, { message: SECRET }), 502, 'provider_rejected', false],
  [
    'has no such model',
    httpError(404, { code: 'model_not_found', message: SECRET }),
    503,
    'model_unavailable',
    false,
  ],
  [
    'finds the conversation too long',
    httpError(400, { code: 'context_length_exceeded', message: SECRET }),
    400,
    'context_too_long',
    false,
  ],
  [
    'filters the content',
    httpError(400, { code: 'content_filter', message: SECRET }),
    400,
    'content_filtered',
    false,
  ],
  ['limits the rate', rateLimited(7), 429, 'provider_rate_limited', true],
  ['fails', httpError(500, { message: SECRET }), 503, 'provider_unavailable', true],
  ['is overloaded', httpError(503, { message: SECRET }), 503, 'provider_unavailable', true],
  ['has a gateway that fails', htmlPage(502), 503, 'provider_unavailable', true],
  ['drops the connection', drop(), 503, 'provider_unavailable', true],
  ['resets the connection', drop({ reset: true }), 503, 'provider_unavailable', true],
  ['drops the connection after its headers', [role(), drop()], 503, 'provider_unavailable', true],
  ['ends without a word', [role(), done()], 503, 'provider_unavailable', true],
  ['sends a page', htmlPage(200), 502, 'stream_malformed', false],
  [
    'sends something else',
    respond(200, 'hello', { 'content-type': 'application/octet-stream' }),
    502,
    'stream_malformed',
    false,
  ],
  ['sends what is no JSON', malformed(), 502, 'stream_malformed', false],
];

/** What it may do after its first token, and the code of the terminal chunk. */
const AFTER: [string, Script, string][] = [
  ['drops the connection', drop(), 'provider_unavailable'],
  ['ends without a finish_reason', done(), 'provider_unavailable'],
  ['ends without a finish_reason and without [DONE]', [], 'provider_unavailable'],
  ['says that it failed', errorChunk({ message: SECRET }), 'provider_unavailable'],
  [
    'says that its rate is limited',
    errorChunk({ message: SECRET, type: 'rate_limit_error', code: 'rate_limit_exceeded' }),
    'provider_rate_limited',
  ],
  ['sends what is no JSON', malformed(), 'stream_malformed'],
  ['sends a line without end', raw(`data: ${'x'.repeat(9_000_000)}`), 'stream_malformed'],
];

/** Nothing is done about a call that fails: what it comes to is what is told here. */
const ONE_CALL = { RETRY_BUDGET: '0', MAX_CONTINUATIONS: '0' };

describe('a provider that', () => {
  let provider: ScriptedProvider;
  let service: RunningService;
  let chat: string;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
  });
  // A new service each time: one that has seen it fail as often would not ask it any more.
  beforeEach(async () => {
    service = await startService({ provider, env: ONE_CALL });
    chat = `${service.url}/api/v1/chat`;
  });
  afterEach(() => service.close());
  afterAll(() => provider.close());

  describe.each([true, false])('before its first token (stream: %p)', (stream) => {
    it.each(BEFORE)('%s', async (_, script, status, code, retryable) => {
      provider.reply(script);
      const refused = await request(chat, { body: { message: 'Hi', stream } });
      expect(refused.json()).toMatchObject({
        status,
        code,
        retryable,
        partial: '',
        run_id: refused.headers['x-run-id'],
      });
      expect(refused.status).toBe(status);
      expect(refused.headers['content-type']).toContain('application/problem+json');
      expect(refused.body).not.toContain('what the provider says');
      expect(refused.body).not.toContain('test-key');
      expect(refused.headers['retry-after']).toBe(
        code === 'provider_rate_limited' ? '7' : undefined,
      );
    });
  });

  describe('after its first token', () => {
    it.each(AFTER)('%s', async (_, script, code) => {
      provider.reply([role(), text('Hel', 'lo'), script]);
      const reading = await openStream(chat, { body: { message: 'Hi', stream: true } });
      expect(reading.status).toBe(200);
      expect(await reading.ended).toBe('end');
      expect(contentOf(reading.events)).toBe('Hello');
      const chunks = chunksOf(reading.events);
      expect(chunks.filter((chunk) => chunk.done)).toHaveLength(1);
      expect(chunks.at(-1)).toEqual({
        content: '',
        done: true,
        model: 'test-model',
        run_id: reading.headers['x-run-id'],
        session_id: reading.headers['x-session-id'],
        finish_reason: 'error',
        usage: {
          input_tokens: expect.any(Number),
          output_tokens: expect.any(Number),
          total_tokens: expect.any(Number),
          estimated: true,
        },
        attempts: 1,
        // Whatever it was: the whole answer may come the next time.
        error: { code, message: expect.stringContaining('Scripted'), retryable: true },
      });
      expect(reading.text).not.toContain('what the provider says');

      provider.reply([role(), text('Hel', 'lo'), script]);
      const document = await request(chat, { body: { message: 'Hi' } });
      expect(document.json()).toMatchObject({ code, retryable: true, partial: 'Hello' });
    });
  });

  it('goes on after errors is asked again as if nothing had been', async () => {
    const faults: Script[] = [
      httpError(401),
      rateLimited(),
      htmlPage(200),
      // One outage more, and it would be left alone for a while.
      httpError(500),
      drop(),
      [role(), done()],
      [role(), text('Hel', 'lo'), drop()],
    ];
    for (const script of faults) {
      provider.reply(script);
      const failed = await request(chat, { body: { message: 'Hi' } });
      expect(failed.status).toBeGreaterThanOrEqual(400);
    }
    provider.reply([role(), text('ok'), finish(), done()]);
    const answered = await request(chat, { body: { message: 'Hi' } });
    expect(answered.json()).toMatchObject({ message: { content: 'ok' }, attempts: 1 });
  });

  it('says what went wrong says it to the log, under the request id and without our key', async () => {
    provider.reply(httpError(401, { message: `Incorrect API key provided: test-key.` }));
    await request(chat, { body: { message: 'Hi' }, headers: { 'x-request-id': 'find-me' } });
    const line = await service.log.until(
      ({ msg, request_id: id }) => msg === 'run failed' && id === 'find-me',
    );
    expect(JSON.stringify(line)).toContain('Incorrect API key');
    expect(service.log.text).not.toContain('test-key');
  });
});

describe('a provider that is silent', () => {
  it.each<[string, Script, string]>([
    ['from the beginning', stall(), ''],
    ['after its headers', [role(), stall()], ''],
    ['in the middle', [role(), text('Hel'), stall()], 'Hel'],
  ])('%s is given up when its time is over', async (_, script, partial) => {
    const provider = await ScriptedProvider.start();
    const models = modelsFor(provider.baseUrl);
    models.providers.scripted.first_token_timeout = '200ms';
    models.providers.scripted.token_timeout = '200ms';
    const service = await startService({ provider, modelsYaml: models, env: ONE_CALL });
    try {
      provider.reply(script);
      const failed = await request(`${service.url}/api/v1/chat`, { body: { message: 'Hi' } });
      expect(failed.status).toBe(504);
      expect(failed.json()).toMatchObject({ code: 'provider_timeout', retryable: true, partial });
      expect(await provider.requests[0]!.closed).toBe('left');
    } finally {
      await service.close();
      await provider.close();
    }
  });
});

describe('a provider that cannot be reached', () => {
  it.each(['refused', 'unknown host'])('(%s) is provider_unavailable', async (kind) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const host = kind === 'refused' ? '127.0.0.1' : 'no-such-host.invalid';
    const baseUrl = `http://${host}:${port}/v1`;
    const service = await startService({ provider: { baseUrl }, env: ONE_CALL });
    try {
      for (const stream of [true, false]) {
        const failed = await request(`${service.url}/api/v1/chat`, {
          body: { message: 'Hi', stream },
        });
        expect(failed.status).toBe(503);
        expect(failed.json()).toMatchObject({ code: 'provider_unavailable', retryable: true });
        expect(failed.body).not.toContain(host);
      }
    } finally {
      await service.close();
    }
  });
});
