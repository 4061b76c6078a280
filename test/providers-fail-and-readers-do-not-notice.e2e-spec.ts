import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort } from './support/free-port.js';
import {
  drop,
  headers,
  htmlPage,
  httpError,
  rateLimited,
  stall,
} from './support/provider/faults.js';
import type { Script } from './support/provider/script.js';
import { answer, comment, done, errorChunk, malformed, role } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import {
  QUESTION,
  said,
  ServiceWithFallback,
  SYSTEM,
  type FallbackOptions,
} from './support/service-with-fallback.js';

const SECRET = 'what the provider says of sk-main-key';

/** What may pass, and is tried again. */
const PASSING: [string, Script][] = [
  ['fails', httpError(500, { message: SECRET })],
  ['is overloaded', httpError(503, { message: SECRET })],
  ['has a gateway that fails', htmlPage(502)],
  ['limits our rate', rateLimited()],
  ['drops the connection', drop()],
  ['resets the connection', drop({ reset: true })],
  ['drops the connection after its headers', [headers(), comment(), drop()]],
  ['says that it failed, with status 200', errorChunk({ message: SECRET })],
  ['ends without a word', [role(), done()]],
  ['says nothing at all', stall()],
  ['says nothing after its headers', [headers(), stall()]],
  ['says nothing but its role', [role(), stall()]],
];

/** What does not pass: the next is called at once, whatever the budget. */
const LASTING: [string, Script][] = [
  ['refuses our key', httpError(401, { message: SECRET })],
  ['forbids us', httpError(403, { message: SECRET })],
  ['has no such model', httpError(404, { code: 'model_not_found' })],
  ['rejects the request', httpError(400, { message: SECRET })],
  ['finds the conversation too long', httpError(400, { code: 'context_length_exceeded' })],
  ['says that our quota is used up', httpError(429, { code: 'insufficient_quota' })],
  ['wants to be left alone for longer than we wait', rateLimited(3_600)],
  ['sends a page', htmlPage(200)],
  ['sends what is no JSON', malformed()],
];

describe('before anything was said', () => {
  let pair: ServiceWithFallback;
  let pending: ServiceWithFallback | undefined;

  async function start(options: FallbackOptions = {}): Promise<ServiceWithFallback> {
    pending = pair = await ServiceWithFallback.start(options);
    return pair;
  }
  afterEach(async () => {
    await pending?.close();
    pending = undefined;
  });

  const usage = { input_tokens: 10, output_tokens: 1, total_tokens: 11 };
  const completed = (attempts: number) => ({
    content: '',
    done: true,
    model: 'main',
    run_id: expect.any(String),
    session_id: null,
    finish_reason: 'stop',
    usage,
    timings: { first_token_ms: expect.any(Number), total_ms: expect.any(Number) },
    attempts,
  });

  /** Asks in both ways: all that readers get is the answer. */
  async function expectAnswered(attempts: number): Promise<void> {
    const { reading, data, last } = await pair.read();
    expect(reading.status).toBe(200);
    expect(data).toEqual([said('Hello')]);
    expect(last).toEqual(completed(attempts));
    const document = await pair.ask();
    expect(document.status).toBe(200);
    expect(document.json()).toEqual({
      message: { role: 'assistant', content: 'Hello' },
      model: 'main',
      run_id: document.headers['x-run-id'],
      session_id: null,
      finish_reason: 'stop',
      usage,
      timings: { first_token_ms: expect.any(Number), total_ms: expect.any(Number) },
      attempts,
    });
  }

  describe('a provider is asked again that', () => {
    beforeEach(() => start({ retryBudget: '15s', main: { first_token_timeout: '500ms' } }));

    it.each(PASSING)('%s', async (_, script) => {
      for (let way = 0; way < 2; way += 1) pair.main.reply(script).reply(answer('Hello'));
      await expectAnswered(2);
      expect(pair.main.requests.map(({ raw }) => raw)).toEqual(
        Array(4).fill(pair.main.requests[0]!.raw),
      );
      expect(pair.spare.requests).toHaveLength(0);
    });

    it('asks for a moment’s patience', async () => {
      pair.main.reply(rateLimited(1)).reply(answer('Hello'));
      const { data, last } = await pair.read();
      expect(data).toEqual([said('Hello')]);
      expect(last).toEqual(completed(2));
      expect(pair.spare.requests).toHaveLength(0);
    });

    it('fails more than once', async () => {
      pair.main.reply(httpError(500)).reply(drop()).reply(rateLimited()).reply(answer('Hello'));
      const { data, last } = await pair.read();
      expect(data).toEqual([said('Hello')]);
      expect(last).toEqual(completed(4));
    });
  });

  it('a provider that refuses connections is asked until it is there', async () => {
    const port = await freePort();
    await start({ retryBudget: '15s', mainUrl: `http://127.0.0.1:${port}/v1` });
    const asking = pair.read();
    await pair.service.log.until(({ msg }) => msg === 'model call failed');
    const late = await ScriptedProvider.start({ port });
    try {
      late.always(answer('Hello'));
      const { data, last } = await asking;
      expect(data).toEqual([said('Hello')]);
      expect(last['attempts']).toBeGreaterThan(1);
      expect(pair.spare.requests).toHaveLength(0);
    } finally {
      await late.close();
    }
  });

  describe('the fallback answers where a provider', () => {
    describe('with time to try again', () => {
      beforeEach(() => start({ retryBudget: '15s' }));

      it.each(LASTING)('%s', async (_, script) => {
        pair.main.always(script);
        pair.spare.always(answer('Hello'));
        await expectAnswered(2);
        expect(pair.main.requests).toHaveLength(2);
        expect(pair.spare.requests).toHaveLength(2);
      });
    });

    describe('without time to try again', () => {
      beforeEach(() => start({ main: { first_token_timeout: '300ms' } }));

      it.each(PASSING)('%s', async (_, script) => {
        pair.main.always(script);
        pair.spare.always(answer('Hello'));
        await expectAnswered(2);
        expect(pair.main.requests).toHaveLength(2);
        expect(pair.spare.requests).toHaveLength(2);
      });
    });

    it('is not found by its name', async () => {
      await start({ mainUrl: 'http://nowhere.invalid/v1' });
      pair.spare.always(answer('Hello'));
      await expectAnswered(2);
    });

    it('has failed until its budget was over', async () => {
      await start({ retryBudget: '400ms' });
      pair.main.always(httpError(500));
      pair.spare.always(answer('Hello'));
      const { data, last } = await pair.read();
      expect(data).toEqual([said('Hello')]);
      const tries = pair.main.requests.length;
      expect(tries).toBeGreaterThan(1);
      expect(last).toEqual(completed(tries + 1));
    });
  });

  it('a fallback gets what the model got, under its own name and with its own key', async () => {
    await start({ spare: { max_tokens_field: 'max_completion_tokens' } });
    pair.main.reply(httpError(500));
    pair.spare.reply(answer('Hello'));
    await pair.ask({ max_tokens: 9, temperature: 0.5 });
    const shared = {
      messages: [SYSTEM, QUESTION],
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.5,
    };
    const [first] = pair.main.requests;
    const [second] = pair.spare.requests;
    expect(first!.body).toEqual({ model: 'main-large', ...shared, max_tokens: 9 });
    expect(first!.headers.authorization).toBe('Bearer main-key');
    expect(second!.body).toEqual({ model: 'spare-small', ...shared, max_completion_tokens: 9 });
    expect(second!.headers.authorization).toBe('Bearer spare-key');
  });

  describe('where nothing helps', () => {
    it('the caller is told how the model failed that it had asked for', async () => {
      await start();
      pair.main.always(httpError(503, { message: SECRET }));
      pair.spare.always(httpError(401));
      for (const stream of [true, false]) {
        const failed = await pair.ask({ stream });
        expect(failed.status).toBe(503);
        expect(failed.headers['content-type']).toContain('application/problem+json');
        expect(failed.json()).toMatchObject({
          code: 'provider_unavailable',
          detail: expect.stringContaining('Main'),
          retryable: true,
          partial: '',
        });
        expect(failed.body).not.toMatch(/Spare|what the provider says|key/);
      }
      expect(pair.spare.requests).toHaveLength(2);
    });

    it('it is told when to come back', async () => {
      await start({ retryBudget: '15s' });
      pair.main.always(rateLimited(3_600));
      pair.spare.always(httpError(400));
      const failed = await pair.ask();
      expect(failed.status).toBe(429);
      expect(failed.headers['retry-after']).toBe('3600');
      expect(pair.main.requests).toHaveLength(1);
      expect(pair.spare.requests).toHaveLength(1);
    });

    it('the offline assistant answers for nobody', async () => {
      await start();
      pair.main.always(httpError(500));
      const failed = await pair.ask({ model: 'alone' });
      expect(failed.status).toBe(503);
      expect(failed.json()).toMatchObject({ code: 'provider_unavailable', partial: '' });
      const offline = await pair.ask({ model: 'offline/assistant', max_tokens: 1 });
      expect(offline.status).toBe(200);
    });

    it('the run counts the calls, and no tokens', async () => {
      await start();
      pair.main.always(httpError(500));
      pair.spare.always(httpError(500));
      const { run_id: id } = (await pair.ask()).json<{ run_id: string }>();
      const { last } = await pair.follow(id);
      expect(last).toMatchObject({
        finish_reason: 'error',
        usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 },
        attempts: 2,
        error: { code: 'provider_unavailable', retryable: true },
      });
    });
  });

  it('what a content filter refuses is asked of no other', async () => {
    await start({ retryBudget: '15s' });
    pair.main.always(httpError(400, { code: 'content_filter', message: SECRET }));
    for (const stream of [true, false]) {
      const refused = await pair.ask({ stream });
      expect(refused.status).toBe(400);
      expect(refused.json()).toMatchObject({ code: 'content_filtered', retryable: false });
    }
    expect(pair.main.requests).toHaveLength(2);
    expect(pair.spare.requests).toHaveLength(0);
  });

  it('each call that fails is a line of the log, without secrets', async () => {
    await start({ retryBudget: '15s' });
    pair.main
      .reply(httpError(500, { message: 'We know main-key and sk-0123456789.' }))
      .reply(httpError(401, { message: 'We know main-key.' }));
    pair.spare.reply(answer('Hello'));
    const answered = await pair.ask();
    await pair.service.log.until(({ msg }) => msg === 'run finished');
    const lines = pair.service.logs.filter(({ msg }) => msg === 'model call failed');
    const shared = {
      level: 'warn',
      run_id: answered.headers['x-run-id'],
      request_id: answered.headers['x-request-id'],
      model: 'main',
      provider: 'main',
    };
    expect(lines).toEqual([
      expect.objectContaining({
        ...shared,
        attempt: 1,
        code: 'provider_unavailable',
        next_model: 'main',
        wait_ms: expect.any(Number),
      }),
      expect.objectContaining({
        ...shared,
        attempt: 2,
        code: 'provider_auth_failed',
        next_model: 'spare',
        wait_ms: 0,
      }),
    ]);
    expect(lines[0]!['wait_ms']).toBeGreaterThan(0);
    expect(pair.service.log.text).not.toMatch(/main-key|spare-key|sk-0123456789/);
  });

  it('a wait ends when the run is cancelled', async () => {
    await start({ retryBudget: '2m' });
    pair.main.always(rateLimited(60));
    const begun = await pair.ask({ background: true });
    const { run_id: id } = begun.json<{ run_id: string }>();
    await pair.service.log.until(({ msg }) => msg === 'model call failed');
    const cancelled = await pair.cancel(id);
    expect(cancelled.json()).toMatchObject({ state: 'cancelled', text: '', error: null });
    expect(pair.main.requests).toHaveLength(1);
    expect(pair.spare.requests).toHaveLength(0);
  });

  it('a wait ends when nobody waits with us', async () => {
    await start({ retryBudget: '2m', env: { DISCONNECT_GRACE: '100ms' } });
    pair.main.always(rateLimited(60));
    const leaving = new AbortController();
    const body = { stream: true, on_disconnect: 'cancel' };
    const asking = pair.open(body, leaving.signal).catch((error: unknown) => error);
    await pair.service.log.until(({ msg }) => msg === 'model call failed');
    leaving.abort();
    await asking;
    const finished = await pair.service.log.until(({ msg }) => msg === 'run finished');
    expect(finished).toMatchObject({ state: 'cancelled' });
    expect(pair.main.requests).toHaveLength(1);
  });
});
