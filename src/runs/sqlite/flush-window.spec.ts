import { describe, expect, it } from '@jest/globals';
import { FlushWindow } from './flush-window.js';

/** The window after a second of flushes, each of so many writes, every so many milliseconds. */
function windowUnder(writes: number, everyMs: number): number {
  const window = new FlushWindow(0);
  for (let now = everyMs; now <= 1_000; now += everyMs) window.flushed(writes, now);
  return window.length;
}

describe('the flush window', () => {
  it('is none while nothing has been written', () => {
    expect(new FlushWindow(0).length).toBe(0);
  });

  it('is none for a handful of runs', () => {
    expect(windowUnder(1, 20)).toBe(0);
    expect(windowUnder(1, 2)).toBe(0);
  });

  it('grows with the load, up to an end', () => {
    const windows = [1, 2, 3, 4, 8, 100].map((writes) => windowUnder(writes, 1));
    expect(windows).toEqual([...windows].sort((a, b) => a - b));
    expect(windows[0]).toBeGreaterThan(0);
    expect(windows.at(-1)).toBe(windows.at(-2));
    expect(windows.at(-1)).toBe(4);
  });

  it('closes again when the load is gone', () => {
    const window = new FlushWindow(0);
    for (let now = 1; now <= 1_000; now += 1) window.flushed(10, now);
    expect(window.length).toBe(4);
    window.flushed(1, 2_000);
    expect(window.length).toBe(0);
  });

  it('stands two flushes in the same moment', () => {
    const window = new FlushWindow(5);
    window.flushed(1, 5);
    window.flushed(0, 5);
    expect(window.length).toBeGreaterThanOrEqual(0);
  });
});
