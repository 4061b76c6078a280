import { describe, expect, it } from '@jest/globals';
import { Backoff, pause } from './backoff.js';

describe('Backoff', () => {
  const waits = (backoff: Backoff, count: number) =>
    Array.from({ length: count }, () => backoff.next());

  it('doubles from 250 ms to 5 s, of which half is left to chance', () => {
    expect(waits(new Backoff(() => 0), 7)).toEqual([125, 250, 500, 1000, 2000, 2500, 2500]);
    expect(waits(new Backoff(() => 1), 7)).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
  });

  it('begins anew after a connection that has brought something', () => {
    const backoff = new Backoff(() => 1);
    waits(backoff, 3);
    backoff.reset();
    expect(backoff.next()).toBe(250);
  });

  it('never comes back sooner than it was asked to', () => {
    const soonest = new Backoff(() => 0);
    soonest.retry = 3000;
    expect(waits(soonest, 2)).toEqual([3000, 3000]);
    expect(soonest.next(7000)).toBe(7000);
    expect(new Backoff(() => 1).next(7000)).toBe(10_500);
  });
});

describe('pause', () => {
  it('ends with the reason of its signal', async () => {
    const leaving = new AbortController();
    const waiting = pause(Infinity, leaving.signal);
    leaving.abort('enough');
    await expect(waiting).rejects.toBe('enough');
    await expect(pause(0, AbortSignal.abort('before'))).rejects.toBe('before');
  });
});
