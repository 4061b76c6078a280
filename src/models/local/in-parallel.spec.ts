import { describe, expect, it } from '@jest/globals';
import { inParallel } from './in-parallel.js';

describe('inParallel', () => {
  it.each([1, 3, 20])('does %i at once, and keeps the order', async (atOnce) => {
    let underWay = 0;
    let most = 0;
    const items = Array.from({ length: 10 }, (_, index) => index);
    const results = await inParallel(items, atOnce, async (item) => {
      most = Math.max(most, (underWay += 1));
      // Later items are done sooner.
      for (let turn = item; turn < 10; turn += 1) await Promise.resolve();
      underWay -= 1;
      return item * 2;
    });
    expect(results).toEqual(items.map((item) => item * 2));
    expect(most).toBe(Math.min(atOnce, 10));
  });

  it('has nothing to do with nothing', async () => {
    expect(await inParallel([], 4, () => Promise.reject(new Error('never')))).toEqual([]);
  });
});
