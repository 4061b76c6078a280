import { beforeEach, describe, expect, it } from '@jest/globals';
import { FaultWindow } from './fault-window.js';

describe('FaultWindow', () => {
  let now: number;
  let window: FaultWindow;

  beforeEach(() => {
    now = 0;
    window = new FaultWindow(() => now);
  });

  function add(calls: number, faults: number): void {
    for (let call = 0; call < calls; call += 1) window.addCall();
    for (let fault = 0; fault < faults; fault += 1) window.addFault();
  }

  it.each([
    [0, 0, false],
    [4, 4, false],
    [5, 5, true],
    [10, 5, true],
    [11, 5, false],
    [11, 6, true],
    [100, 49, false],
    [100, 50, true],
  ])('of %i calls, %i of which failed, is failing: %p', (calls, faults, isFailing) => {
    add(calls, faults);
    expect(window.isFailing).toBe(isFailing);
  });

  it('adds up what happened in the last 30 seconds', () => {
    add(1, 1);
    for (const at of [7_000, 14_000, 21_000, 29_999]) {
      expect(window.isFailing).toBe(false);
      now = at;
      add(1, 1);
    }
    expect(window.isFailing).toBe(true);
  });

  it('forgets faults after 30 seconds', () => {
    add(5, 5);
    now = 29_999;
    expect(window.isFailing).toBe(true);
    now = 30_000;
    expect(window.isFailing).toBe(false);
    add(4, 4);
    expect(window.isFailing).toBe(false);
  });

  it('forgets successes after 30 seconds', () => {
    add(6, 0);
    now = 15_000;
    add(5, 5);
    expect(window.isFailing).toBe(false);
    now = 30_000;
    expect(window.isFailing).toBe(true);
  });

  it('forgets all after a longer silence', () => {
    add(5, 5);
    now = 1_000_000;
    expect(window.isFailing).toBe(false);
    add(4, 4);
    expect(window.isFailing).toBe(false);
    add(1, 1);
    expect(window.isFailing).toBe(true);
  });

  it('counts a fault when it happens, and not when its call began', () => {
    add(5, 0);
    now = 29_000;
    add(0, 5);
    now = 45_000;
    expect(window.isFailing).toBe(true);
  });

  it('begins anew when it is cleared', () => {
    add(5, 5);
    window.clear();
    expect(window.isFailing).toBe(false);
    add(4, 4);
    expect(window.isFailing).toBe(false);
  });
});
