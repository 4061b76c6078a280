import { describe, expect, it } from '@jest/globals';
import { LogTail } from './log-tail.js';
import type { RunEvent } from './run-event.js';

const ALL = { events: 10_000, size: Number.MAX_SAFE_INTEGER };

const text = (seq: number, content = 'piece'): RunEvent => ({ type: 'text', text: content, seq });

function tailOf(count: number, content?: string): LogTail {
  const tail = new LogTail();
  for (let seq = 1; seq <= count; seq += 1) tail.push([text(seq, content)]);
  return tail;
}

describe('the tail of a log', () => {
  it('has nothing before the first event', () => {
    expect(new LogTail().after(0, ALL)).toBeUndefined();
  });

  it('gives the same events to all', () => {
    const tail = tailOf(3);
    const [first] = tail.after(1, ALL)!;
    expect(first).toEqual(text(2));
    expect(tail.after(1, ALL)![0]).toBe(first);
    expect(tail.after(3, ALL)).toEqual([]);
  });

  it('ends a page where the limit says so', () => {
    const tail = tailOf(10);
    expect(tail.after(0, { events: 3, size: ALL.size })!.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(tail.after(4, { events: 3, size: 1 })!.map(({ seq }) => seq)).toEqual([5]);
  });

  it.each([
    ['many small events', 5_000, 'x'],
    ['events larger than all that is kept', 50, 'x'.repeat(40_000)],
  ])('forgets what is long past, and says so: %s', (_, count, content) => {
    const tail = tailOf(count, content);
    expect(tail.after(0, ALL)).toBeUndefined();
    const oldest = Array.from({ length: count }, (_event, after) => after).find(
      (after) => tail.after(after, ALL) !== undefined,
    )!;
    for (const after of [oldest, Math.floor((oldest + count) / 2), count - 1]) {
      const seqs = tail.after(after, ALL)!.map(({ seq }) => seq);
      expect(seqs).toEqual(Array.from({ length: count - after }, (_seq, n) => after + 1 + n));
    }
    expect(count - oldest).toBeLessThan(200);
  });
});
