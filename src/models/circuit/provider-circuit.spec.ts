import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  CircuitOpenError,
  ProviderRateLimitedError,
  ProviderRejectedError,
  ProviderTimeoutError,
  ProviderUnavailableError,
} from '../openai/provider-errors.js';
import { ProviderCircuit } from './provider-circuit.js';

const down = new ProviderUnavailableError('Acme');
const silent = new ProviderTimeoutError('Acme');
const limited = new ProviderRateLimitedError('Acme');
const rejected = new ProviderRejectedError('Acme');
const conflict = new ProviderUnavailableError('Acme', undefined, { isOutage: false });
const aborted = new DOMException('The run was cancelled.', 'AbortError');

describe('ProviderCircuit', () => {
  let now: number;
  let circuit: ProviderCircuit;
  let opened: number;

  beforeEach(() => {
    now = 5_000;
    opened = 0;
    circuit = new ProviderCircuit('Acme', () => now);
  });

  const answered = () =>
    circuit.call(() => {
      opened += 1;
      return Promise.resolve('an answer');
    });
  /** A call that fails; resolves with what it failed with. */
  const failed = (error: Error) =>
    circuit
      .call(() => {
        opened += 1;
        return Promise.reject(error);
      })
      .catch((thrown: unknown) => thrown);
  async function fail(times: number, error: Error = down): Promise<void> {
    for (let call = 0; call < times; call += 1) expect(await failed(error)).toBe(error);
  }
  /** A call that ends when the test says so. */
  function pending() {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const ended = circuit.call(() => promise).catch((thrown: unknown) => thrown);
    return { resolve, reject, ended };
  }
  /** What a call is told that is not made. */
  async function refusal(): Promise<CircuitOpenError> {
    const before = opened;
    const error = await answered().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect(opened).toBe(before);
    return error as CircuitOpenError;
  }

  describe('while closed', () => {
    it('gives what the call gives, and throws what it throws', async () => {
      expect(await answered()).toBe('an answer');
      expect(await failed(down)).toBe(down);
      expect(circuit.state).toBe('closed');
    });

    it('opens with the fifth outage', async () => {
      await fail(4);
      expect(circuit.state).toBe('closed');
      await fail(1, silent);
      expect(circuit.state).toBe('open');
    });

    it('opens where half of the calls are outages, and not before', async () => {
      for (let call = 0; call < 6; call += 1) await answered();
      await fail(5);
      expect(circuit.state).toBe('closed');
      await fail(1);
      expect(circuit.state).toBe('open');
    });

    it('takes what is answered with a refusal for a call that was answered', async () => {
      await fail(6, rejected);
      await fail(5);
      expect(circuit.state).toBe('closed');
      await fail(1);
      expect(circuit.state).toBe('open');
    });

    it.each([
      ['429', limited],
      ['other 4xx', rejected],
      ['408 and 409', conflict],
      ['aborts', aborted],
    ])('never opens for %s', async (_, error) => {
      await fail(50, error);
      for (let call = 0; call < 50; call += 1) circuit.broke(error);
      expect(circuit.state).toBe('closed');
    });

    it('does not count a call that was aborted', async () => {
      await fail(6, aborted);
      await fail(5);
      expect(circuit.state).toBe('open');
    });

    it('forgets outages after 30 seconds', async () => {
      await fail(4);
      now += 30_000;
      await fail(4);
      expect(circuit.state).toBe('closed');
      await fail(1);
      expect(circuit.state).toBe('open');
    });

    it('counts drops of calls that had been answered, each as one failed call', async () => {
      for (let call = 0; call < 5; call += 1) await answered();
      for (let drop = 0; drop < 4; drop += 1) circuit.broke(down);
      expect(circuit.state).toBe('closed');
      circuit.broke(down);
      await setImmediate();
      const refused = await refusal();
      expect(refused.waitMs).toBe(1_000);
      expect(circuit.state).toBe('open');
    });

    it('stays closed where less than half of the answered calls drop', async () => {
      for (let call = 0; call < 11; call += 1) await answered();
      for (let drop = 0; drop < 5; drop += 1) circuit.broke(down);
      await answered();
      expect(circuit.state).toBe('closed');
    });
  });

  describe('while open', () => {
    beforeEach(() => fail(5));

    it('asks nobody, and tells when the trial is', async () => {
      expect(await refusal()).toMatchObject({
        code: 'provider_unavailable',
        retryable: true,
        waitMs: 1_000,
        retryAfter: 1,
        message: expect.stringMatching(/^Acme /),
      });
      now += 999;
      expect((await refusal()).waitMs).toBe(1);
    });

    it('does not wait for longer because calls that were under way fail too', async () => {
      circuit = new ProviderCircuit('Acme', () => now);
      const calls = Array.from({ length: 8 }, pending);
      for (const call of calls) call.reject(down);
      for (const call of calls) expect(await call.ended).toBe(down);
      for (let drop = 0; drop < 8; drop += 1) circuit.broke(down);
      expect((await refusal()).waitMs).toBe(1_000);
    });

    it('closes with a call that is answered, and forgets', async () => {
      now += 1_000;
      expect(await answered()).toBe('an answer');
      expect(circuit.state).toBe('closed');
      await fail(4);
      expect(circuit.state).toBe('closed');
      await fail(1);
      expect((await refusal()).waitMs).toBe(1_000);
    });

    it.each([
      ['429', limited],
      ['other 4xx', rejected],
    ])('closes with a call that is answered with %s: the provider is there', async (_, error) => {
      now += 1_000;
      await fail(1, error);
      expect(circuit.state).toBe('closed');
    });

    it('sends one call on trial, and lets the others wait', async () => {
      now += 1_000;
      const trial = pending();
      expect(circuit.state).toBe('half_open');
      expect((await refusal()).waitMs).toBe(500);
      expect((await refusal()).waitMs).toBe(500);
      trial.resolve('an answer');
      expect(await trial.ended).toBe('an answer');
      expect(circuit.state).toBe('closed');
      await answered();
    });

    it('stays open where the trial was aborted: nobody knows', async () => {
      now += 1_000;
      const trial = pending();
      trial.reject(aborted);
      expect(await trial.ended).toBe(aborted);
      expect(circuit.state).toBe('open');
      now += 2_000;
      await answered();
      expect(circuit.state).toBe('closed');
    });

    it('doubles the wait with each trial that fails, up to half a minute', async () => {
      const waits: number[] = [];
      for (let trial = 0; trial < 7; trial += 1) {
        const { waitMs } = await refusal();
        waits.push(waitMs);
        now += waitMs;
        await fail(1);
        expect(circuit.state).toBe('open');
      }
      expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    });

    it('begins with the shortest wait again once it had closed', async () => {
      now += 1_000;
      await fail(1);
      now += 2_000;
      await answered();
      await fail(5);
      expect((await refusal()).waitMs).toBe(1_000);
    });

    it('knows nothing of calls that break while a trial is under way', async () => {
      now += 1_000;
      const trial = pending();
      for (let drop = 0; drop < 9; drop += 1) circuit.broke(down);
      expect(circuit.state).toBe('half_open');
      trial.resolve('an answer');
      await trial.ended;
      expect(circuit.state).toBe('closed');
    });

    it.each([-3_600_000, 3_600_000])('does not go by the calendar (%d ms)', async (jump) => {
      const calendar = jest.spyOn(Date, 'now');
      calendar.mockReturnValue(new Date(2020, 1).getTime() + jump);
      expect((await refusal()).waitMs).toBe(1_000);
      now += 999;
      await refusal();
      now += 1;
      await answered();
      expect(circuit.state).toBe('closed');
    });
  });

  it('opens and closes although the calendar is set back in between', async () => {
    await fail(4);
    const calendar = jest.spyOn(Date, 'now').mockReturnValue(0);
    await fail(1);
    calendar.mockReturnValue(-86_400_000);
    await refusal();
    now += 1_000;
    await answered();
    expect(circuit.state).toBe('closed');
  });

  it.each([down, aborted as Error])(
    'takes nothing from a trial for calls that had begun before (%s)',
    async (late) => {
      const [first, second] = [pending(), pending()];
      await fail(5);
      now += 1_000;
      const trial = pending();
      first.reject(late);
      second.reject(late);
      await Promise.all([first.ended, second.ended]);
      expect(circuit.state).toBe('half_open');
      trial.resolve('an answer');
      await trial.ended;
      expect(circuit.state).toBe('closed');
      await answered();
    },
  );

  it('is not opened by aborts, however many faults there were', async () => {
    await Promise.all(Array.from({ length: 6 }, answered));
    now += 29_000;
    await fail(5);
    expect(circuit.state).toBe('closed');
    now += 2_000;
    await failed(aborted);
    expect(circuit.state).toBe('closed');
  });
});
