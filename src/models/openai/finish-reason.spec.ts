import { describe, expect, it } from '@jest/globals';
import { readFinishReason } from './finish-reason.js';

describe('readFinishReason', () => {
  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'content_filter'],
    ['tool_calls', 'tool_calls'],
    ['function_call', 'tool_calls'],
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SAFETY', 'content_filter'],
    ['COMPLETE', 'stop'],
    ['end_turn', 'stop'],
    ['max_tokens', 'length'],
    ['tool_use', 'tool_calls'],
    ['model_length', 'length'],
    ['eos', 'stop'],
    ['anything else', 'stop'],
    ['constructor', 'stop'],
    ['error', 'failed'],
    ['insufficient_system_resource', 'failed'],
  ])('takes %j for %j', (said, meant) => {
    expect(readFinishReason(said)).toBe(meant);
  });

  it.each([
    [null],
    [undefined],
    [''],
    ['null'],
    ['None'],
    [0],
    [false],
    [[]],
    [{}],
    [{ type: '' }],
  ])('takes %j for none', (said) => {
    expect(readFinishReason(said)).toBeUndefined();
  });

  it.each([[1], [true], [{ type: 'stop', matched: 7 }]])('takes %j for a stop', (said) => {
    expect(readFinishReason(said)).toBe('stop');
  });
});
