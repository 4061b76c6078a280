import { describe, expect, it } from '@jest/globals';
import { parseModelJson } from './model-json.js';

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('JSON that a model wrote', () => {
  it.each(['null', '0', '"a"', '[]', '{"a":[1,{"b":null}]}'])('%s is a value', (text) => {
    expect(parseModelJson(text)).toEqual({ value: JSON.parse(text) as unknown });
  });

  it.each(['', '{', 'Sure: {}', "{'a':1}"])('%j is none', (text) => {
    expect(parseModelJson(text)).toBeUndefined();
  });

  it('is a value as deep as it can be written again, and none beyond', () => {
    expect(parseModelJson(nested(100))).toBeDefined();
    expect(parseModelJson(nested(101))).toBeUndefined();
    expect(parseModelJson(nested(100_000))).toBeUndefined();
  });
});
