import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { LastChunk, StreamEvent } from '../index.js';
import { Statistics } from './statistics.js';

describe('the statistics', () => {
  let now = 0;
  let statistics: Statistics;
  beforeEach(() => {
    now = 1000;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    statistics = new Statistics();
    statistics.begin();
  });

  const event = (at: number, content: string, more: Partial<StreamEvent> = {}): void => {
    now = 1000 + at;
    const told = { chunk: { content }, receivedAt: now, connection: 1, dropped: false, ...more };
    statistics.event(told as StreamEvent);
  };
  const end = (tokens: number, estimated?: true): LastChunk => {
    const usage = { input_tokens: 2, output_tokens: tokens, total_tokens: 2 + tokens };
    return { usage: { ...usage, ...(estimated && { estimated }) } } as LastChunk;
  };

  it('tell of a stream', () => {
    for (const [at, content] of [
      [5, ''],
      [105, 'a'],
      [115, 'b'],
      [125, 'c'],
      [605, 'd'],
      [705, ''],
    ] as const) {
      event(at, content);
    }
    expect(statistics.lines(end(20))).toEqual([
      'first token  105 ms',
      'total        705 ms',
      'tokens/s     40.0',
      'gaps         median 10 ms, 95 % below 480 ms, longest 480 ms',
      'events       6, 4 with text',
      'usage        2 + 20 = 22 tokens',
    ]);
  });

  it('tell of a single piece', () => {
    event(4, 'a');
    now = 1500;
    expect(statistics.lines(end(5, true))).toEqual([
      'first token  4.0 ms',
      'total        500 ms',
      'tokens/s     10.0',
      'events       1, 1 with text',
      'usage        2 + 5 = 7 tokens (estimated)',
    ]);
  });

  it('tell of an answer that was not streamed', () => {
    now = 1250;
    expect(statistics.lines(end(5))).toEqual([
      'total        250 ms',
      'tokens/s     20.0',
      'usage        2 + 5 = 7 tokens',
    ]);
  });

  it('count no event twice, and of connections those that went on', () => {
    event(1, 'a');
    event(2, 'a', { connection: 4, dropped: true });
    event(3, 'b', { connection: 4 });
    event(4, '', { connection: 7 });
    expect(statistics.lines(undefined).at(-1)).toBe('events       3, 2 with text, resumed 2 times');
  });
});
