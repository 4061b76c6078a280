import { describe, expect, it } from '@jest/globals';
import type { RunEvent, RunEventBody } from '../../runs/run-event.js';
import type { Include, Run } from '../../runs/run.js';
import { ChunkEncoder } from './chunk-encoder.js';
import { SharedEncoders } from './shared-encoders.js';

const USAGE = { inputTokens: 5, outputTokens: 2, totalTokens: 7 };
const SETTLEMENT = {
  usage: USAGE,
  timings: { firstTokenMs: 3, totalMs: 9 },
  attempts: 1,
};

function aRun(include: readonly Include[] = ['reasoning', 'usage']): Run {
  return {
    id: 'r',
    owner: 'local',
    sessionId: 's',
    model: 'gpt-4o-mini',
    agent: 'assistant',
    state: 'running',
    epoch: 1,
    takeovers: 0,
    request: { messages: [], include, onDisconnect: 'continue' },
    metadata: {},
    createdAt: 0,
    finishedAt: null,
  };
}

function encode(body: RunEventBody, run = aRun()): string | undefined {
  return new ChunkEncoder(run).encode({ ...body, seq: 4 })?.data;
}

describe('the chunks of the native wire format, byte for byte', () => {
  it.each<[string, RunEventBody, string]>([
    [
      'text',
      { type: 'text', text: 'Hé\n' },
      '{"content":"H\\u00e9\\n","done":false,"model":"gpt-4o-mini"}',
    ],
    [
      'reasoning',
      { type: 'reasoning', text: 'hm' },
      '{"content":"","done":false,"model":"gpt-4o-mini","type":"reasoning","reasoning":"hm"}',
    ],
    [
      'a piece of a tool call',
      { type: 'tool_call_delta', toolCall: { id: 'c', name: 'add', argumentsDelta: '{"a' } },
      '{"content":"","done":false,"model":"gpt-4o-mini","type":"tool_call_delta","tool_call":{"id":"c","name":"add","arguments_delta":"{\\"a"}}',
    ],
    [
      'a tool call',
      { type: 'tool_call', toolCall: { id: 'c', name: 'add', arguments: { a: 1 } } },
      '{"content":"","done":false,"model":"gpt-4o-mini","type":"tool_call","tool_call":{"id":"c","name":"add","arguments":{"a":1}}}',
    ],
    [
      'usage',
      { type: 'usage', usage: { ...USAGE, estimated: true } },
      '{"content":"","done":false,"model":"gpt-4o-mini","type":"usage","usage":{"input_tokens":5,"output_tokens":2,"total_tokens":7,"estimated":true}}',
    ],
    [
      'the end of a completed run',
      { type: 'completed', finishReason: 'stop', ...SETTLEMENT },
      '{"content":"","done":true,"model":"gpt-4o-mini","run_id":"r","session_id":"s","finish_reason":"stop","usage":{"input_tokens":5,"output_tokens":2,"total_tokens":7},"timings":{"first_token_ms":3,"total_ms":9},"attempts":1}',
    ],
    [
      'the end of a run with an output',
      { type: 'completed', finishReason: 'stop', ...SETTLEMENT, output: { a: 'é' } },
      '{"content":"","done":true,"model":"gpt-4o-mini","run_id":"r","session_id":"s","finish_reason":"stop","usage":{"input_tokens":5,"output_tokens":2,"total_tokens":7},"timings":{"first_token_ms":3,"total_ms":9},"attempts":1,"output":{"a":"\\u00e9"}}',
    ],
    [
      'the end of a cancelled run',
      { type: 'cancelled', finishReason: 'cancelled', ...SETTLEMENT },
      '{"content":"","done":true,"model":"gpt-4o-mini","run_id":"r","session_id":"s","finish_reason":"cancelled","usage":{"input_tokens":5,"output_tokens":2,"total_tokens":7},"timings":{"first_token_ms":3,"total_ms":9},"attempts":1}',
    ],
    [
      'the end of a failed run, without what only we need to know',
      {
        type: 'failed',
        finishReason: 'error',
        ...SETTLEMENT,
        attempts: 2,
        error: { code: 'provider_unavailable', message: 'm', retryable: true, retryAfter: 3 },
      },
      '{"content":"","done":true,"model":"gpt-4o-mini","run_id":"r","session_id":"s","finish_reason":"error","usage":{"input_tokens":5,"output_tokens":2,"total_tokens":7},"attempts":2,"error":{"code":"provider_unavailable","message":"m","retryable":true}}',
    ],
  ])('%s', (_, body, expected) => {
    expect(encode(body)).toBe(expected);
  });

  it('passes over what the request switched off', () => {
    const off = aRun([]);
    expect(encode({ type: 'reasoning', text: 'hm' }, off)).toBeUndefined();
    expect(encode({ type: 'usage', usage: USAGE }, off)).toBeUndefined();
    expect(encode({ type: 'text', text: 'a' }, off)).toBeDefined();
  });

  it('gives every watcher the same chunk, under the number of its event', () => {
    const encoders = new SharedEncoders();
    const [first, second] = [encoders.join(aRun()), encoders.join(aRun())];
    const event = (seq: number): RunEvent => ({ type: 'text', text: 'a', seq });
    const chunk = first.encoder.encode(event(12));
    expect(chunk?.id).toBe('12');
    expect(second.encoder.encode(event(12))).toBe(chunk);
    // What is far behind is encoded anew, and is the same.
    for (let seq = 13; seq < 10_000; seq += 1) first.encoder.encode(event(seq));
    expect(second.encoder.encode(event(12))).not.toBe(chunk);
    expect(second.encoder.encode(event(12))).toEqual(chunk);
    first.leave();
    expect(encoders.join(aRun()).encoder).toBe(second.encoder);
  });

  it('are forgotten with their last watcher', () => {
    const encoders = new SharedEncoders();
    const { encoder, leave } = encoders.join(aRun());
    leave();
    expect(encoders.join(aRun()).encoder).not.toBe(encoder);
  });
});
