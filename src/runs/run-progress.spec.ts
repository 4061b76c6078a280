import { describe, expect, it } from '@jest/globals';
import type { RunEventBody } from './run-event.js';
import { NO_PROGRESS, ProgressReducer, type RunProgress } from './run-progress.js';

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
      attempts: [
        { before: '', output: 'hmHel' },
        { before: 'Hel', output: 'solo' },
      ],
      calls: 4,
    });
  });

  it('knows how the last model call ended, and forgets it with the next', () => {
    const ended: RunEventBody = { type: 'turn_finished', finishReason: 'length', usage };
    expect(progressOf({ type: 'text', text: 'a' }, ended).finished).toEqual({
      finishReason: 'length',
      usage,
    });
    expect(progressOf(ended, { type: 'provider_switched', attempt: 2 }).finished).toBeUndefined();
  });

  it('counts a call that ended without a word', () => {
    expect(progressOf({ type: 'turn_finished', finishReason: 'stop' })).toMatchObject({
      attempts: [{ before: '', output: '' }],
      finished: { finishReason: 'stop' },
    });
  });

  it('knows the tool calls that nothing came of, and the ids of all', () => {
    const progress = progressOf(
      delta('a', '{"x"'),
      delta('b', '{}'),
      { type: 'tool_call', toolCall: { id: 'b', name: 'add', arguments: {} } },
      { type: 'tool_result', toolResult: { id: 'a', name: 'add', content: '', isError: true } },
    );
    expect(progress.openCalls).toEqual([{ id: 'b', name: 'add' }]);
    expect(progress.callIds).toEqual(['a', 'b']);
    expect(progress.attempts).toEqual([{ before: '', output: '{"x"{}' }]);
  });
});
