import { beforeEach, describe, expect, it } from '@jest/globals';
import { CallPlan, type CallPlanOptions, type PlannedCall } from './call-plan.js';
import type { Model } from './model-registry.js';
import {
  CircuitOpenError,
  ContentFilteredError,
  ProviderAuthError,
  ProviderQuotaExceededError,
  ProviderRateLimitedError,
  ProviderUnavailableError,
} from './openai/provider-errors.js';
import { modelConfig, providerConfig } from './openai/testing/answers.js';

const model = (name: string): Model => ({
  name,
  config: modelConfig({ name }),
  provider: providerConfig(),
});
const first = model('first');
const second = model('second');
const third = model('third');

const down = new ProviderUnavailableError('Acme');
const refused = new ProviderAuthError('Acme');
const limited = (retryAfter: number) =>
  new ProviderRateLimitedError('Acme', undefined, { retryAfter });
const open = (waitMs: number) => new CircuitOpenError('Acme', waitMs);

describe('CallPlan', () => {
  let now: number;

  beforeEach(() => {
    now = 1_000;
  });

  /** Without jitter, unless it is asked for: `random` 0 is the longest wait. */
  function planOf(models: readonly Model[], options: Partial<CallPlanOptions> = {}): CallPlan {
    return new CallPlan(models, { budgetMs: 15_000, now: () => now, random: () => 0, ...options });
  }

  /** Fails each call in the same way, until the plan has no other; each wait is waited for. */
  function failing(plan: CallPlan, error: unknown): PlannedCall[] {
    const calls: PlannedCall[] = [];
    for (let call = plan.after(error); call !== undefined; call = plan.after(error)) {
      calls.push(call);
      now += call.waitMs;
    }
    return calls;
  }

  const waits = (calls: readonly PlannedCall[]) => calls.map(({ waitMs }) => waitMs);
  const named = (calls: readonly PlannedCall[]) => calls.map((call) => call.model.name);

  it('calls the first model at once', () => {
    expect(planOf([first, second]).first).toEqual({ model: first, waitMs: 0 });
  });

  describe('where waiting may help', () => {
    it('doubles the wait up to 5 s, while the budget lasts', () => {
      const calls = failing(planOf([first]), down);
      expect(waits(calls)).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000]);
      expect(named(calls)).toEqual(Array(6).fill('first'));
    });

    it('takes up to half of each wait away by chance', () => {
      const draws = [0.5, 1, 0, 0.2];
      const plan = planOf([first], { random: () => draws.shift()! });
      expect([1, 2, 3, 4].map(() => plan.after(down)!.waitMs)).toEqual([188, 250, 1_000, 1_800]);
    });

    it('draws anew for each wait, between the half and the whole', () => {
      const some = Array.from({ length: 50 }, () => {
        const plan = new CallPlan([first], { budgetMs: 15_000 });
        return plan.after(down)!.waitMs;
      });
      expect(Math.min(...some)).toBeGreaterThanOrEqual(125);
      expect(Math.max(...some)).toBeLessThanOrEqual(250);
      expect(new Set(some).size).toBeGreaterThan(1);
    });

    it('takes the time of the calls themselves out of the budget', () => {
      const plan = planOf([first, second]);
      now += 14_750;
      expect(plan.after(down)).toEqual({ model: first, waitMs: 250 });
      now += 250;
      expect(plan.after(down)).toEqual({ model: second, waitMs: 0 });
    });

    it('does not begin a wait that ends after the budget', () => {
      const plan = planOf([first, second]);
      now += 14_751;
      expect(plan.after(down)).toEqual({ model: second, waitMs: 0 });
    });

    it('gives each model the whole budget, and begins its waits at the shortest', () => {
      const calls = failing(planOf([first, second]), down);
      expect(named(calls)).toEqual([
        ...Array<string>(6).fill('first'),
        ...Array<string>(7).fill('second'),
      ]);
      expect(waits(calls.slice(6))).toEqual([0, 250, 500, 1_000, 2_000, 4_000, 5_000]);
    });

    it('calls each model once where the budget is 0', () => {
      const calls = failing(planOf([first, second, third], { budgetMs: 0 }), down);
      expect(calls).toEqual([
        { model: second, waitMs: 0 },
        { model: third, waitMs: 0 },
      ]);
    });
  });

  describe('asked to come back later', () => {
    it.each([0, 0.5, 1])('never comes before that (chance: %d)', (chance) => {
      const plan = planOf([first], { random: () => chance });
      for (const seconds of [1, 2, 3]) {
        const { waitMs } = plan.after(limited(seconds))!;
        expect(waitMs).toBeGreaterThan(seconds * 1_000);
        expect(waitMs).toBeLessThanOrEqual(seconds * 1_000 + 500);
      }
    });

    it('waits for longer than it would of itself', () => {
      expect(planOf([first]).after(limited(9))).toEqual({ model: first, waitMs: 9_025 });
    });

    it('goes to the next model at once where that is after the budget', () => {
      expect(planOf([first, second]).after(limited(15))).toEqual({ model: second, waitMs: 0 });
      expect(planOf([first]).after(limited(3_600))).toBeUndefined();
    });

    it('waits of itself where it may come back now', () => {
      expect(planOf([first]).after(limited(0))).toEqual({ model: first, waitMs: 250 });
    });
  });

  describe('where waiting does not help', () => {
    it.each([
      ['a key that is refused', refused],
      ['a quota that is used up', new ProviderQuotaExceededError('Acme', { retryAfter: 1 })],
    ])('goes to the next model at once: %s', (_, error) => {
      const plan = planOf([first, second]);
      expect(plan.after(error)).toEqual({ model: second, waitMs: 0 });
      expect(plan.after(error)).toBeUndefined();
    });

    it('goes to no other model with what a content filter has refused', () => {
      expect(planOf([first, second]).after(new ContentFilteredError('Acme'))).toBeUndefined();
    });

    it('goes to no other model with a fault of our own', () => {
      expect(planOf([first, second]).after(new TypeError('x is undefined'))).toBeUndefined();
    });
  });

  describe('where an answer was cut', () => {
    it('lets the same model go on after the shortest wait, whatever the budget', () => {
      for (const budgetMs of [0, 15_000]) {
        expect(planOf([first, second], { budgetMs }).afterCut(down)).toEqual({
          model: first,
          waitMs: 250,
        });
      }
    });

    it('goes on as with any call', () => {
      const plan = planOf([first, second], { budgetMs: 1_000 });
      now += plan.afterCut(down)!.waitMs;
      expect(plan.after(down)).toEqual({ model: first, waitMs: 500 });
      now += 500;
      expect(plan.after(down)).toEqual({ model: second, waitMs: 0 });
    });

    it('comes back when it is asked to, if that is within the budget', () => {
      expect(planOf([first, second]).afterCut(limited(9))).toEqual({ model: first, waitMs: 9_025 });
      expect(planOf([first, second]).afterCut(limited(15))).toEqual({ model: second, waitMs: 0 });
      expect(planOf([first]).afterCut(limited(15))).toBeUndefined();
    });
  });

  describe('where a circuit is open', () => {
    it('passes the model over at once, and waits for it once all others have failed', () => {
      const plan = planOf([first, second, third], { budgetMs: 1_000 });
      expect(plan.after(open(400))).toEqual({ model: second, waitMs: 0 });
      expect(plan.after(refused)).toEqual({ model: third, waitMs: 0 });
      expect(plan.after(refused)).toEqual({ model: first, waitMs: 0 });
      expect(plan.after(open(400))).toEqual({ model: first, waitMs: 425 });
      expect(plan.after(down)).toEqual({ model: first, waitMs: 500 });
      now += 1_000;
      expect(plan.after(down)).toBeUndefined();
    });

    it('loses nothing of its budget while another call is on trial', () => {
      const plan = planOf([first]);
      const onTrial = new CircuitOpenError('Acme', 500, true);
      for (let waited = 0; waited < 100_000;) {
        const { waitMs } = plan.after(onTrial)!;
        waited += waitMs;
        now += waitMs;
      }
      expect(plan.after(down)).toMatchObject({ model: first });
    });

    it('waits at once where there is no other model', () => {
      expect(planOf([first]).after(open(400))).toEqual({ model: first, waitMs: 425 });
    });

    it('never comes before the trial', () => {
      const plan = planOf([first], { random: () => 1 });
      expect(plan.after(open(400))!.waitMs).toBeGreaterThan(400);
    });

    it('waits for those of all models, in their order', () => {
      const plan = planOf([first, second], { budgetMs: 1_000 });
      expect(plan.after(open(900))).toEqual({ model: second, waitMs: 0 });
      expect(plan.after(open(500))).toEqual({ model: first, waitMs: 0 });
      expect(plan.after(open(900))).toEqual({ model: first, waitMs: 925 });
      now += 925;
      expect(plan.after(open(900))).toEqual({ model: second, waitMs: 0 });
      expect(plan.after(open(500))).toEqual({ model: second, waitMs: 525 });
      now += 525;
      expect(plan.after(open(500))).toBeUndefined();
    });

    it('gives up where the trial is after the budget', () => {
      expect(planOf([first]).after(open(15_000))).toBeUndefined();
    });

    it('is not waited for where nothing is', () => {
      const plan = planOf([first, second], { budgetMs: 0 });
      expect(plan.after(open(1))).toEqual({ model: second, waitMs: 0 });
      expect(plan.after(down)).toEqual({ model: first, waitMs: 0 });
      expect(plan.after(open(1))).toBeUndefined();
    });
  });
});
