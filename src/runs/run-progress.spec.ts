import { describe, expect, it } from '@jest/globals';
import type { RunEventBody } from './run-event.js';
import {
  isWaiting,
  NO_PROGRESS,
  NO_TURN,
  ProgressReducer,
  type RunProgress,
} from './run-progress.js';

function progressOf(...log: RunEventBody[]): RunProgress {
  const reducer = new ProgressReducer();
  log.forEach((body, index) => reducer.add({ ...body, seq: index + 1 }));
  return reducer.progress;
}

const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
const delta = (id: string, argumentsDelta: string): RunEventBody => ({
  type: 'tool_call_delta',
  toolCall: { id, name: 'add', argumentsDelta },
});

const text = (text: string): RunEventBody => ({ type: 'text', text });

describe('the progress of a run', () => {
  it('is none where the log is empty', () => {
    expect(progressOf()).toEqual(NO_PROGRESS);
  });

  it('adds up the text, and all that each model call produced', () => {
    expect(
      progressOf(
        { type: 'reasoning', text: 'hm' },
        { type: 'text', text: 'Hel', firstTokenMs: 12 },
        { type: 'usage', usage },
        { type: 'provider_switched', attempt: 4 },
        { type: 'reasoning', text: 'so' },
        { type: 'text', text: 'lo' },
      ),
    ).toEqual({
      ...NO_PROGRESS,
      lastSeq: 6,
      text: 'Hello',
      firstTokenMs: 12,
      turns: [
        {
          ...NO_TURN,
          text: 'Hello',
          reasoning: 'so',
          attempts: [
            { before: '', output: 'hmHel' },
            { before: 'Hel', output: 'solo' },
          ],
        },
      ],
      calls: 4,
    });
  });

  it('knows how a turn ended, and begins another one with what comes after it', () => {
    const ended: RunEventBody = { type: 'turn_finished', finishReason: 'tool_calls', usage };
    const call = { id: 'a', name: 'add', arguments: {} };
    const toolResult = { id: 'a', name: 'add', content: '3', isError: false };
    const progress = progressOf(
      text('One.'),
      { type: 'tool_call', toolCall: call },
      ended,
      { type: 'tool_started', id: 'a' },
      { type: 'tool_result', toolResult },
      text('\n\nTwo.'),
    );
    expect(progress).toMatchObject({ text: 'One.\n\nTwo.', calls: 2 });
    expect(progress.turns).toEqual([
      {
        ...NO_TURN,
        text: 'One.',
        attempts: [{ before: '', output: 'One.' }],
        finished: { finishReason: 'tool_calls', usage },
        calls: [{ ...call, isStarted: true, result: toolResult }],
      },
      // The break between the turns is ours.
      { ...NO_TURN, text: 'Two.', attempts: [{ before: '', output: 'Two.' }] },
    ]);
  });

  it('counts a call that ended without a word', () => {
    expect(progressOf({ type: 'turn_finished', finishReason: 'stop' })).toMatchObject({
      turns: [{ attempts: [{ before: '', output: '' }], finished: { finishReason: 'stop' } }],
      calls: 1,
    });
  });

  it('knows the tool calls that nothing came of, and the ids of all', () => {
    const progress = progressOf(
      delta('a', '{"x"'),
      delta('b', '{}'),
      { type: 'tool_call', toolCall: { id: 'b', name: 'add', arguments: {} } },
      { type: 'tool_result', toolResult: { id: 'a', name: 'add', content: '', isError: true } },
      delta('c', '{'),
    );
    expect(progress.turns).toEqual([
      {
        ...NO_TURN,
        attempts: [{ before: '', output: '{"x"{}{' }],
        openCalls: [{ id: 'c', name: 'add' }],
        calls: [{ id: 'b', name: 'add', arguments: {}, isStarted: false }],
      },
    ]);
    expect(progress.callIds).toEqual(['a', 'b', 'c']);
  });

  it('knows whom somebody is to decide on, and since when nobody is', () => {
    const calls = ['a', 'b'].map((id) => ({ id, name: 'add', arguments: {} }));
    const asked: RunEventBody[] = [
      ...calls.map((toolCall): RunEventBody => ({ type: 'tool_call', toolCall })),
      { type: 'turn_finished', finishReason: 'tool_calls' },
      { type: 'approval_required', approvals: calls, decideBefore: 99 },
    ];
    const decided = (id: string, decidedAt: number): RunEventBody => ({
      type: 'approval_decided',
      decisions: [{ id, decision: 'approve', by: 'caller' }],
      decidedAt,
    });
    expect(isWaiting(progressOf(...asked))).toBe(true);
    expect(progressOf(...asked).turns[0]?.calls[0]?.decideBefore).toBe(99);
    expect(isWaiting(progressOf(...asked, decided('a', 7)))).toBe(true);
    const all = progressOf(...asked, decided('a', 7), decided('b', 8));
    expect(isWaiting(all)).toBe(false);
    expect(all.decidedAt).toBe(8);
  });
});
