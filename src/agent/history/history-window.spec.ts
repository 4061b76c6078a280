import { describe, expect, it } from '@jest/globals';
import type { SessionMessage } from '../../sessions/session.js';
import { HistoryWindow } from './history-window.js';

const message = (role: SessionMessage['role'], tokens: number): SessionMessage => ({
  id: `${role}-${tokens}`,
  runId: 'r',
  role,
  content: 'x',
  tokens,
  parentId: null,
  position: 1,
  createdAt: 0,
});
/** A question and what answered it, a tool call with its result among it: 100 tokens. */
const turn = [
  message('user', 10),
  message('assistant', 20),
  message('tool', 30),
  message('assistant', 40),
];

describe('the window of a history', () => {
  it.each([
    // 1000 of the window, less what else there is and the answer, leaves room for …
    [0, { maxTokens: 500 }, 5],
    [0, { maxTokens: 400 }, 6],
    [0, { maxTokens: 401 }, 5],
    [0, { maxTokens: 900 }, 5],
    [250, { maxTokens: 450 }, 3],
    [251, { maxTokens: 450 }, 2],
    [1000, {}, 0],
    [5000, {}, 0],
    [0, {}, 7],
  ])('beside %i tokens and with %j has room for %i turns', (tokens, limit, count) => {
    const window = new HistoryWindow({ contextWindow: 1000 }, {}, { tokens, ...limit });
    const taken = Array.from({ length: 20 }, () => window.add(turn)).filter(Boolean).length;
    expect(taken).toBe(count);
    expect(window.turns).toHaveLength(count);
    expect(window.isFull).toBe(true);
  });

  it.each([
    [99, 0],
    [100, 1],
    [101, 1],
    [200, 2],
  ])('takes no part of a turn: of %i tokens, %i whole ones', (tokens, count) => {
    const window = new HistoryWindow({ contextWindow: 100_000 }, { tokens }, { tokens: 0 });
    while (window.add(turn)) expect(window.turns.at(0)).toBe(turn);
    expect(window.turns).toHaveLength(count);
  });

  it('takes nothing older once something did not fit', () => {
    const window = new HistoryWindow({ contextWindow: 100_000 }, { tokens: 50 }, { tokens: 0 });
    expect(window.add(turn)).toBe(false);
    expect(window.add([message('user', 1)])).toBe(false);
  });

  it('keeps to the number of turns, and to what an unknown model takes', () => {
    const few = new HistoryWindow({}, { turns: 2 }, { tokens: 0 });
    expect([few.add(turn), few.add(turn), few.add(turn)]).toEqual([true, true, false]);
    const none = new HistoryWindow({}, { turns: 0 }, { tokens: 0 });
    expect(none.add(turn)).toBe(false);
    const large = new HistoryWindow({}, {}, { tokens: 0, maxTokens: 0 });
    expect(large.add([message('user', 128_000)])).toBe(true);
    expect(large.add([message('user', 1)])).toBe(false);
  });
});
