import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { request } from './support/http-client.js';
import { drop, httpError, rateLimited } from './support/provider/faults.js';
import type { Script } from './support/provider/script.js';
import { answer, role, text } from './support/provider/steps.js';
import {
  readToItsEnd,
  said,
  ServiceWithFallback,
  switched,
  type FallbackOptions,
} from './support/service-with-fallback.js';

type Circuit = 'closed' | 'open' | 'half_open';

describe('a provider that keeps failing', () => {
  let pair: ServiceWithFallback;
  let pending: ServiceWithFallback | undefined;

  async function start(options: FallbackOptions = {}): Promise<void> {
    pending = pair = await ServiceWithFallback.start(options);
  }
  afterEach(async () => {
    jest.restoreAllMocks();
    await pending?.close();
    pending = undefined;
  });

  /** Holds the monotonic clock of the process, so that no wait of a circuit ends by itself. */
  function holdClock(): { pass(milliseconds: number): void } {
    let now = performance.now();
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    return { pass: (milliseconds) => (now += milliseconds) };
  }

  /** So many calls that fail: each of them is one call of the provider, and no more. */
  async function fail(times: number, script: Script = httpError(500)): Promise<void> {
    for (let time = 0; time < times; time += 1) {
      pair.main.reply(script);
      expect((await pair.ask({ model: 'alone' })).status).toBeGreaterThan(400);
    }
  }

  interface Health {
    status: string;
    details: { models: { available: number; listed: number; circuits: Record<string, Circuit> } };
  }
  /** @param refuses whether no call is let through yet: its models are unavailable */
  async function expectCircuit(circuit: Circuit, refuses = circuit === 'open'): Promise<void> {
    const ready = await request(`${pair.url}/health/ready`);
    expect(ready.status).toBe(200);
    expect(ready.json<Health>()).toMatchObject({
      status: 'ok',
      details: {
        models: {
          status: 'up',
          available: refuses ? 2 : 4,
          listed: 4,
          circuits: { main: circuit, spare: 'closed' },
        },
      },
    });
    const { data } = (await request(`${pair.url}/api/v1/models`)).json();
    const failing = {
      provider: 'main',
      circuit,
      available: !refuses,
      unavailable_reason: refuses ? 'its provider has failed again and again' : null,
    };
    const fine = { circuit: 'closed', available: true, unavailable_reason: null };
    expect(data).toMatchObject([
      { id: 'main', ...failing },
      { id: 'alone', ...failing },
      { id: 'spare', ...fine },
      { id: 'offline/assistant', ...fine },
    ]);
  }

  it('is not asked after the fifth time: the fallback answers at once', async () => {
    holdClock();
    await start();
    await fail(4);
    await expectCircuit('closed');
    await fail(1);
    await expectCircuit('open');

    pair.spare.always(answer('Hello'));
    const { data, last } = await pair.read();
    expect(data).toEqual([said('Hello')]);
    // A call that was not made is none.
    expect(last).toMatchObject({ finish_reason: 'stop', attempts: 1 });
    expect(pair.main.requests).toHaveLength(5);
    expect(pair.spare.requests).toHaveLength(1);
    expect(pair.service.logs.filter(({ msg }) => msg === 'model call failed')).toHaveLength(0);
  });

  it('is asked again after a second, once: one that answers is asked by all', async () => {
    const clock = holdClock();
    await start();
    await fail(5);
    clock.pass(999);
    await expectCircuit('open');
    clock.pass(1);
    // Whoever only asks models that are available would otherwise never try it.
    await expectCircuit('open', false);

    const gate = pair.main.gate();
    pair.main.reply([gate, answer('on trial')]);
    const onTrial = pair.ask();
    await gate.reached;
    await expectCircuit('half_open');
    pair.spare.reply(answer('meanwhile'));
    expect((await pair.ask()).json()).toMatchObject({ message: { content: 'meanwhile' } });
    expect(pair.main.requests).toHaveLength(6);

    gate.open();
    expect((await onTrial).json()).toMatchObject({ message: { content: 'on trial' } });
    await expectCircuit('closed');
    pair.main.reply(answer('Hello'));
    expect((await pair.ask()).json()).toMatchObject({ message: { content: 'Hello' } });
    await fail(4);
    await expectCircuit('closed');
  });

  it('is left alone for longer where it fails on trial', async () => {
    const clock = holdClock();
    await start();
    await fail(5);
    clock.pass(1_000);
    await fail(1);
    await expectCircuit('open');
    clock.pass(1_999);
    expect((await pair.ask({ model: 'alone' })).status).toBe(503);
    expect(pair.main.requests).toHaveLength(6);
    clock.pass(1);
    pair.main.reply(answer('Hello'));
    expect((await pair.ask({ model: 'alone' })).status).toBe(200);
    await expectCircuit('closed');
  });

  it('without a fallback is unavailable, and callers are told when to come back', async () => {
    holdClock();
    await start();
    await fail(5);
    for (const stream of [true, false]) {
      const refused = await pair.ask({ model: 'alone', stream });
      expect(refused.status).toBe(503);
      expect(refused.headers['retry-after']).toBe('1');
      expect(refused.json()).toMatchObject({
        code: 'provider_unavailable',
        detail: 'Main has failed again and again, and is tried again soon.',
        retryable: true,
        partial: '',
      });
    }
    expect(pair.main.requests).toHaveLength(5);
  });

  it('is told of as it is where its fallback fails too', async () => {
    holdClock();
    await start();
    await fail(5);
    pair.spare.reply(httpError(401));
    const failed = await pair.ask();
    expect(failed.status).toBe(503);
    expect(failed.json()).toMatchObject({ detail: expect.stringContaining('again and again') });
    expect(failed.body).not.toContain('Spare');
  });

  it('is waited for where nobody else answers, and readers notice nothing', async () => {
    await start({ retryBudget: '15s' });
    for (let reader = 0; reader < 5; reader += 1) pair.main.reply(httpError(500));
    pair.main.always(answer('Hello'));
    pair.spare.always(httpError(401));
    const readers = Array.from({ length: 5 }, () => pair.read());
    for (const reader of readers) {
      const { reading, data, last } = await reader;
      expect(reading.status).toBe(200);
      expect(data).toEqual([said('Hello')]);
      expect(last).toMatchObject({ finish_reason: 'stop' });
    }
    await expectCircuit('closed');
  });

  it.each<[string, Script]>([
    ['fails', httpError(503)],
    ['drops connections', drop()],
    ['resets connections', drop({ reset: true })],
    ['breaks off in its answers', [role(), text('Hel'), drop()]],
  ])('is one that %s', async (_, script) => {
    holdClock();
    await start({ env: { MAX_CONTINUATIONS: '0' } });
    await fail(5, script);
    await expectCircuit('open');
  });

  it('is one that nobody listens for', async () => {
    holdClock();
    await start();
    await pair.main.close();
    for (let time = 0; time < 5; time += 1) await pair.ask({ model: 'alone' });
    await expectCircuit('open');
  });

  it('is one that keeps silent', async () => {
    await start({ main: { first_token_timeout: '50ms' } });
    pair.main.always([pair.main.gate()]);
    await Promise.all(Array.from({ length: 5 }, () => pair.ask({ model: 'alone' })));
    await expectCircuit('open');
  });

  it.each<[string, Script]>([
    ['limits our rate', rateLimited()],
    ['refuses our key', httpError(401)],
    ['rejects requests', httpError(400)],
    ['is in conflict with itself', httpError(409)],
    ['takes requests for too slow', httpError(408)],
  ])('is none that %s', async (_, script) => {
    await start();
    await fail(12, script);
    await expectCircuit('closed');
    expect(pair.main.requests).toHaveLength(12);
  });

  it('is none whose callers leave', async () => {
    await start();
    const gates = Array.from({ length: 8 }, () => pair.main.gate());
    for (const gate of gates) {
      pair.main.reply(gate);
      const begun = await pair.ask({ background: true, model: 'alone' });
      await gate.reached;
      await pair.cancel(begun.json<{ run_id: string }>().run_id);
    }
    await expectCircuit('closed');
  });

  it('is one at least every second call of which fails', async () => {
    holdClock();
    await start();
    for (let time = 0; time < 6; time += 1) {
      pair.main.reply(answer('Hello'));
      expect((await pair.ask()).status).toBe(200);
    }
    await fail(5);
    await expectCircuit('closed');
    await fail(1);
    await expectCircuit('open');
  });

  it('goes on with no answer while it is left alone: the fallback does', async () => {
    holdClock();
    await start({ retryBudget: '15s' });
    const gate = pair.main.gate();
    pair.main.reply([role(), text('The quick '), gate, drop()]);
    const reading = await pair.open();
    await reading.event(0);
    let failed = 0;
    const others = pair.service.log.until(
      ({ msg, next_model: next }) =>
        msg === 'model call failed' && next === 'alone' && ++failed === 5,
    );
    for (let time = 0; time < 5; time += 1) {
      pair.main.reply(httpError(500));
      await pair.ask({ background: true, model: 'alone' });
    }
    await others;
    await expectCircuit('open');

    pair.spare.reply(answer('brown fox.'));
    gate.open();
    const { data, last } = await readToItsEnd(reading);
    expect(data).toEqual([said('The quick '), switched(2), said('brown fox.')]);
    expect(last).toMatchObject({ finish_reason: 'stop', attempts: 2 });
    expect(pair.main.requests).toHaveLength(6);
  });
});
