import { describe, expect, it } from '@jest/globals';
import { ExpectedText, type AnswerSpec } from '../answer.ts';
import { contenders } from '../contenders.ts';
import { AnswerReader } from './answer-reader.ts';

const proxy = contenders('/nowhere').find(({ id }) => id === 'proxy')!;
const spec: AnswerSpec = { id: 7, seed: 3, tokens: 40, everyMs: 0, held: false };
const { text, ends } = new ExpectedText(spec);

/** What is told of an answer that comes in these pieces, and then ends. */
function told(...pieces: string[]): string[] {
  const events: string[] = [];
  const reader = new AnswerReader(spec, proxy, {
    opened: () => events.push('opened'),
    said: () => events.push('said'),
    ended: () => events.push('ended'),
    failed: ({ message }) => events.push(message),
  });
  for (const content of pieces) reader.payload(JSON.stringify({ content, done: false }));
  reader.end();
  return events;
}

describe('AnswerReader', () => {
  it('tells the first token, the last one and the end, however the text is cut', () => {
    const moments = ['opened', 'said', 'ended'];
    expect(told(text)).toEqual(moments);
    expect(told(...text)).toEqual(moments);
    expect(told(text.slice(0, ends[4]! - 1), '', text.slice(ends[4]! - 1))).toEqual(moments);
  });

  it('refuses text that was changed, left out or repeated', () => {
    const [first, second] = [text.slice(0, ends[0]), text.slice(ends[0], ends[1])];
    expect(told(first.toUpperCase())[0]).toBe(
      `proxy: answer 7: got ${JSON.stringify(first.toUpperCase())} where ${JSON.stringify(first)} was due`,
    );
    expect(told(second)[0]).toContain('was due');
    expect(told(first, first)[1]).toContain('was due');
    expect(told(text, first).at(-2)).toContain('was due');
  });

  it('refuses an answer that ends before its last token', () => {
    expect(told(text.slice(0, -1)).at(-1)).toBe(
      'proxy: answer 7: after 39 of 40 tokens: the stream ended',
    );
  });
});
