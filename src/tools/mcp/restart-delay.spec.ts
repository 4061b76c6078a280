import { describe, expect, it } from '@jest/globals';
import { RestartDelay } from './restart-delay.js';

describe('the wait before a server is started again', () => {
  it('doubles from half a second to a minute while it keeps failing', () => {
    const delay = new RestartDelay(() => 0);
    const waits = Array.from({ length: 10 }, () => delay.after(0));
    expect(waits).toEqual([
      ...[500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000],
    ]);
    for (let failures = 0; failures < 2000; failures += 1) delay.after(0);
    expect(delay.after(60_000)).toBe(60_000);
  });

  it('is none after it has worked for more than a minute, and short again after that', () => {
    const delay = new RestartDelay(() => 0);
    for (let failures = 0; failures < 5; failures += 1) delay.after(0);
    expect(delay.after(60_001)).toBe(0);
    expect(delay.after(0)).toBe(500);
  });

  it('is shortened by chance, at most by half', () => {
    expect(new RestartDelay(() => 1).after(0)).toBe(250);
    expect(new RestartDelay(() => 0.5).after(0)).toBe(375);
  });
});
