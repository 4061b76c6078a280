import { afterEach, describe, expect, it } from '@jest/globals';
import { headers, httpError, pace, stall } from './support/provider/faults.js';
import type { Script } from './support/provider/script.js';
import {
  answer,
  comment,
  done,
  finish,
  raw,
  reasoning,
  role,
  text,
  usage,
} from './support/provider/steps.js';
import {
  said,
  ServiceWithFallback,
  switched,
  told,
  type FallbackOptions,
} from './support/service-with-fallback.js';

/** Sends bytes one by one, for ever. */
const bytesForEver = (bytes: string): Script => [
  pace(50),
  Array.from({ length: 4_000 }, (_, at) => raw(bytes.charAt(at % bytes.length))),
];

describe('a provider that dawdles', () => {
  let pair: ServiceWithFallback;
  let pending: ServiceWithFallback | undefined;

  async function start(options: FallbackOptions = {}): Promise<void> {
    pending = pair = await ServiceWithFallback.start(options);
  }
  afterEach(async () => {
    await pending?.close();
    pending = undefined;
  });

  describe('before the first token', () => {
    it.each<[string, Script]>([
      ['is silent', stall()],
      ['is silent after its headers', [headers(), stall()]],
      ['says its role and is silent', [role(), stall()]],
      ['sends its first event byte by byte', bytesForEver('data: x')],
      ['sends a comment byte by byte', bytesForEver(': x')],
      [
        'sends nothing but white space',
        [headers({ 'content-type': 'application/json' }), bytesForEver(' ')],
      ],
    ])('%s: the fallback answers, and the socket is closed', async (_, script) => {
      await start({ main: { first_token_timeout: '400ms' } });
      pair.main.reply(script);
      pair.spare.reply(answer('Hello'));
      const { data, last } = await pair.read();
      expect(data).toEqual([said('Hello')]);
      expect(last).toMatchObject({ finish_reason: 'stop', attempts: 2 });
      expect(await pair.main.requests[0]!.closed).toBe('left');
    });

    it('without a fallback is a time-out', async () => {
      await start({ main: { first_token_timeout: '200ms' } });
      pair.main.always(stall());
      for (const stream of [true, false]) {
        const failed = await pair.ask({ model: 'alone', stream });
        expect(failed.status).toBe(504);
        expect(failed.json()).toMatchObject({
          code: 'provider_timeout',
          detail: 'Main sent nothing for 200 ms.',
          retryable: true,
          partial: '',
        });
      }
    });

    it('lives while it comments', async () => {
      await start({ main: { first_token_timeout: '2s' } });
      const comments = Array.from({ length: 12 }, () => comment());
      pair.main.reply([pace(250), comments, pace(0), answer('Hello')]);
      const { data, last } = await pair.read();
      expect(data).toEqual([said('Hello')]);
      expect(last).toMatchObject({ attempts: 1 });
    });
  });

  describe('between tokens', () => {
    it.each<[string, Script]>([
      ['is silent', stall()],
      ['sends its next event byte by byte', bytesForEver('data: x')],
    ])('%s: the answer goes on elsewhere, and the socket is closed', async (_, script) => {
      await start({ main: { token_timeout: '400ms' } });
      pair.main.reply([role(), text('The quick '), script]).reply(httpError(401));
      pair.spare.reply(answer('brown fox.'));
      const { data, last } = await pair.read();
      expect(data).toEqual([said('The quick '), switched(3), said('brown fox.')]);
      expect(last).toMatchObject({ finish_reason: 'stop', attempts: 3 });
      expect(await pair.main.requests[0]!.closed).toBe('left');
    });

    it('goes on at the same provider', async () => {
      await start({ main: { token_timeout: '300ms' } });
      pair.main.reply([role(), text('The quick '), stall()]).reply(answer('brown fox.'));
      const { data } = await pair.read();
      expect(data).toEqual([said('The quick '), switched(2), said('brown fox.')]);
      expect(pair.spare.requests).toHaveLength(0);
    });

    it('in its reasoning begins anew', async () => {
      await start({ main: { token_timeout: '300ms' } });
      pair.main.reply([role(), reasoning('Hm'), stall()]).reply(answer('Hello'));
      const { data } = await pair.read();
      expect(data).toEqual([told('reasoning', { reasoning: 'Hm' }), switched(2), said('Hello')]);
    });

    it('lives while it comments', async () => {
      await start({ main: { token_timeout: '2s' } });
      const comments = Array.from({ length: 12 }, () => comment());
      pair.main.reply([
        role(),
        text('The quick '),
        pace(250),
        comments,
        pace(0),
        text('brown fox.'),
        finish(),
        usage(),
        done(),
      ]);
      const { data, last } = await pair.read();
      expect(data).toEqual([said('The quick '), said('brown fox.')]);
      expect(last).toMatchObject({ attempts: 1 });
    });
  });

  it('has the time that its model is given: one until the first token, another after it', async () => {
    await start({
      main: { first_token_timeout: '300ms', token_timeout: '60s' },
      spare: { first_token_timeout: '60s', token_timeout: '300ms' },
    });
    const gate = pair.main.gate();
    pair.main.reply([role(), text('One '), gate, text('two'), finish(), done()]).reply(stall());
    pair.spare.reply([gate, role(), text('Three'), stall()]);
    const between = await pair.open({ model: 'alone' });
    const atFirst = pair.ask({ model: 'spare' });
    // By now both have been silent for longer than the shorter of their times.
    const hasty = await pair.ask({ model: 'alone' });
    expect(hasty.json()).toMatchObject({ code: 'provider_timeout', partial: '' });
    gate.open();
    expect(await between.ended).toBe('end');
    expect(between.events.at(-1)!.json()).toMatchObject({ finish_reason: 'stop', attempts: 1 });
    const failed = await atFirst;
    expect(failed.json()).toMatchObject({ code: 'provider_timeout', partial: 'Three' });
  });

  describe('once it has said why it stopped', () => {
    it.each<[string, Script]>([
      ['never closes', [usage(), done(), stall()]],
      ['never closes, and says neither usage nor [DONE]', stall()],
      ['never stops to send bytes', bytesForEver(': x')],
    ])('has answered, though it %s', async (_, script) => {
      await start({ main: { token_timeout: '400ms' } });
      pair.main.reply([role(), text('Hello'), finish(), script]);
      const { data, last } = await pair.read();
      expect(data).toEqual([said('Hello')]);
      expect(last).toMatchObject({ finish_reason: 'stop', attempts: 1 });
      expect(pair.spare.requests).toHaveLength(0);
      expect(await pair.main.requests[0]!.closed).toBe('left');
    });
  });
});
