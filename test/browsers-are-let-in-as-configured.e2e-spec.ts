import type { IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Request } from 'express';
import { Lifecycle } from '../src/http/lifecycle.js';
import { request, type Answer } from './support/http-client.js';
import { rateLimited } from './support/provider/faults.js';
import { answer } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

const APP = 'https://app.example.com';
const LOCAL = 'http://localhost:3000';
const STRANGER = 'https://evil.example.com';
const MAY_BE_SENT = ['Content-Type', 'Idempotency-Key', 'Last-Event-ID', 'Prefer', 'X-Request-Id'];
const MAY_BE_READ = ['Location', 'Retry-After', 'X-Request-Id', 'X-Run-Id', 'X-Session-Id'];

let provider: ScriptedProvider;
let service: RunningService;

beforeAll(async () => {
  provider = await ScriptedProvider.start();
});
afterAll(async () => {
  await provider.close();
});
afterEach(async () => {
  await service.close();
});

const start = async (env: Record<string, string>) => {
  // What the provider refuses is an answer here, not asked for again.
  service = await startService({ provider, env: { RETRY_BUDGET: '0', ...env } });
};
const url = (path = '/api/v1/chat') => service.url + path;

const preflight = (origin: string, method = 'POST', path?: string) =>
  request(url(path), {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': MAY_BE_SENT.join(',').toLowerCase(),
    },
  });
const chat = (origin: string, body: object = {}) =>
  request(url(), { body: { message: 'Hi', ...body }, headers: { origin } });

const corsHeaders = ({ headers }: Answer) =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'));
const listOf = (value: unknown) => String(value).split(/\s*,\s*/);

/** Each kind of answer that a page reads, asked for from an origin. */
async function everyAnswer(origin: string): Promise<Answer[]> {
  provider
    .reply(answer('a'))
    .reply(answer('a'))
    .reply(answer('a'))
    .always(rateLimited(1), { model: 'limited' });
  return [
    await chat(origin),
    await chat(origin, { stream: true }),
    await chat(origin, { background: true }),
    await chat(origin, { message: '' }),
    await chat(origin, { stream: 'yes' }),
    await chat(origin, { model: 'scripted/limited' }),
    await request(url('/api/v1/models'), { headers: { origin } }),
    await request(url('/api/v1/nope'), { headers: { origin } }),
    await request(url('/api/v1/chat'), { headers: { origin } }),
    await request(url('/health/live'), { headers: { origin } }),
  ];
}

describe('a page of another origin', () => {
  it('is told nothing about who may call, as long as CORS_ORIGINS is not set', async () => {
    await start({});
    const asked = await preflight(APP);
    expect(asked.status).toBe(405);
    for (const answered of [asked, ...(await everyAnswer(APP))]) {
      expect(corsHeaders(answered)).toEqual([]);
    }
  });

  describe('where CORS_ORIGINS lists some', () => {
    beforeEach(() => start({ CORS_ORIGINS: `${APP}/, ${LOCAL}` }));

    it.each([APP, LOCAL])('may ask from %s, with the headers that it needs', async (origin) => {
      for (const [method, path] of [
        ['POST', '/api/v1/chat'],
        ['GET', '/api/v1/runs/x/stream'],
      ]) {
        const { status, headers } = await preflight(origin, method, path);
        expect(status).toBe(204);
        expect(headers['access-control-allow-origin']).toBe(origin);
        expect(listOf(headers['vary'])).toContain('Origin');
        expect(listOf(headers['access-control-allow-methods'])).toContain(method);
        expect(listOf(headers['access-control-allow-headers'])).toEqual(
          expect.arrayContaining(MAY_BE_SENT),
        );
        expect(headers['access-control-max-age']).toBe('600');
        // Cookies are no way to be let in here.
        expect(headers).not.toHaveProperty('access-control-allow-credentials');
      }
    });

    it.each([STRANGER, 'null', 'http://app.example.com', `${APP}.evil.example`, `${APP}:8443`])(
      'may not ask from %s',
      async (origin) => {
        const asked = await preflight(origin);
        expect(asked.headers).not.toHaveProperty('access-control-allow-origin');
        for (const { headers } of await everyAnswer(origin)) {
          expect(headers).not.toHaveProperty('access-control-allow-origin');
          expect(listOf(headers['vary'])).toContain('Origin');
        }
      },
    );

    it('reads each answer, and the headers that it goes on with', async () => {
      const answers = await everyAnswer(APP);
      expect(answers.map(({ status }) => status)).toEqual([
        200, 200, 202, 400, 400, 429, 200, 404, 405, 200,
      ]);
      for (const { headers } of answers) {
        expect(headers['access-control-allow-origin']).toBe(APP);
        expect(listOf(headers['access-control-expose-headers'])).toEqual(
          expect.arrayContaining(MAY_BE_READ),
        );
      }
      const [document, stream, accepted, , , limited] = answers;
      for (const { headers } of [document!, stream!, accepted!]) {
        expect(headers).toMatchObject({
          'x-run-id': expect.any(String),
          'x-session-id': expect.any(String),
        });
      }
      expect(accepted!.headers.location).toMatch(/^\/api\/v1\/runs\//);
      expect(limited!.headers['retry-after']).toBe('1');
    });

    it('reads that the service stops', async () => {
      service.app.get(Lifecycle).onModuleDestroy();
      const refused = await chat(APP);
      expect(refused.status).toBe(503);
      expect(refused.headers).toMatchObject({
        'access-control-allow-origin': APP,
        'retry-after': '1',
      });
    });
  });

  it('of any origin may ask where CORS_ORIGINS is *', async () => {
    await start({ CORS_ORIGINS: '*' });
    for (const origin of [APP, STRANGER, 'null']) {
      for (const { headers } of [await preflight(origin), ...(await everyAnswer(origin))]) {
        expect(headers['access-control-allow-origin']).toBe('*');
        expect(headers).not.toHaveProperty('access-control-allow-credentials');
      }
    }
  });
});

describe('any answer', () => {
  beforeEach(() => start({}));

  it('has the headers that keep browsers from harm, and none that say too much', async () => {
    const answers = [...(await everyAnswer(APP)), await request(url('/docs'))];
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'content-security-policy': expect.stringContaining("default-src 'self'"),
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': expect.stringMatching(/^max-age=\d+/),
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'SAMEORIGIN',
      });
      // On plain HTTP it would turn each of a page's own requests into https://.
      expect(headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
      expect(headers).not.toHaveProperty('x-powered-by');
      expect(headers).not.toHaveProperty('server');
      expect(headers).not.toHaveProperty('etag');
    }
  });

  it('says that its connection is kept for longer than proxies keep theirs', async () => {
    // Where the service gave up first, a proxy would send into a connection that is being closed.
    const { headers } = await request(url('/api/v1/models'), {
      headers: { connection: 'keep-alive' },
    });
    expect(headers['keep-alive']).toBe('timeout=75');
    expect(service.app.getHttpServer().keepAliveTimeout).toBe(75_000);
  });
});

describe('what a proxy says of the client', () => {
  const FORWARDED = {
    host: 'inside.example',
    'x-forwarded-for': '203.0.113.7, 10.0.0.1',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'outside.example',
  };
  const AS_IT_IS = ['127.0.0.1', 'http', 'inside.example'];

  it.each([
    ['is not believed', undefined, AS_IT_IS],
    ['is not believed by', 'false', AS_IT_IS],
    ['is believed whole by', 'true', ['203.0.113.7', 'https', 'outside.example']],
    ['is believed as far as the first proxy by', '1', ['10.0.0.1', 'https', 'outside.example']],
    ['is believed through two by', '2', ['203.0.113.7', 'https', 'outside.example']],
    ['is believed of us by', 'loopback', ['10.0.0.1', 'https', 'outside.example']],
    [
      'is believed through known addresses by',
      'loopback, 10.0.0.0/8',
      ['203.0.113.7', 'https', 'outside.example'],
    ],
    ['is not believed of others by', '10.0.0.0/8', AS_IT_IS],
  ])('%s TRUST_PROXY=%s', async (_, trust, expected) => {
    await start(trust === undefined ? {} : { TRUST_PROXY: trust });
    const seen = new Promise((resolve) => {
      service.app.getHttpServer().once('request', (message: IncomingMessage) => {
        // Express has made its own request of it by then; it looks at the socket when it is asked.
        const { ip, protocol, hostname } = message as Request;
        resolve([ip, protocol, hostname]);
      });
    });
    await request(url('/health/live'), { headers: FORWARDED });
    expect(await seen).toEqual(expected);
  });
});
