import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SilenceDeadline } from './silence-deadline.js';

describe('SilenceDeadline', () => {
  let expired: number;
  let deadline: SilenceDeadline;

  beforeEach(() => {
    jest.useFakeTimers();
    expired = 0;
    deadline = new SilenceDeadline(() => expired++);
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  /** Lets time pass; sockets are read between timers and immediates, as in the event loop. */
  const pass = (milliseconds: number) => jest.advanceTimersByTime(milliseconds);

  it('expires after a silence as long as the limit, once', () => {
    deadline.watch(100);
    pass(99);
    expect(expired).toBe(0);
    pass(2);
    expect(expired).toBe(1);
    pass(1_000);
    expect(expired).toBe(1);
  });

  it('begins anew with every sign of life', () => {
    deadline.watch(100);
    for (let sign = 0; sign < 10; sign++) {
      pass(90);
      deadline.alive();
    }
    expect(expired).toBe(0);
    pass(101);
    expect(expired).toBe(1);
  });

  it('does not count the time in which nobody waits', () => {
    deadline.watch(100);
    pass(50);
    deadline.rest();
    pass(10_000);
    expect(expired).toBe(0);
    deadline.watch(100);
    pass(99);
    expect(expired).toBe(0);
    pass(2);
    expect(expired).toBe(1);
  });

  it('goes by the limit of the last watch, a shorter or a longer one', () => {
    deadline.watch(1_000);
    deadline.rest();
    deadline.watch(100);
    pass(101);
    expect(expired).toBe(1);

    const longer = new SilenceDeadline(() => expired++);
    longer.watch(100);
    longer.rest();
    longer.watch(1_000);
    pass(999);
    expect(expired).toBe(1);
    pass(2);
    expect(expired).toBe(2);
  });

  it('leaves no timer once it was stopped', () => {
    deadline.watch(100);
    deadline.stop();
    expect(jest.getTimerCount()).toBe(0);
    pass(1_000);
    expect(expired).toBe(0);
  });

  it('does not expire when a sign waited for a blocked event loop', () => {
    deadline.watch(100);
    // The loop runs its timers first, then it reads the socket, and only then come immediates.
    const setImmediate = jest.spyOn(globalThis, 'setImmediate');
    setImmediate.mockImplementationOnce(((look: () => void) => {
      deadline.alive();
      look();
    }) as never);
    pass(101);
    expect(setImmediate).toHaveBeenCalled();
    expect(expired).toBe(0);
    pass(101);
    expect(expired).toBe(1);
  });
});
