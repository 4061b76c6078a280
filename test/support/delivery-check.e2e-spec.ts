import { describe, expect, it } from '@jest/globals';
import { deliveryFaults } from './delivery-check.js';
import type { NativeChunk } from './native-chunks.js';

const piece = (content: string): NativeChunk => ({ content, done: false, model: 'm' });
const END: NativeChunk = { content: '', done: true, model: 'm', finish_reason: 'stop' };

describe('deliveryFaults', () => {
  it('finds none in a whole delivery, and none in ids that are passed over', () => {
    const chunks = [piece('a'), piece('b'), END];
    expect(deliveryFaults({ ids: [1, 2, 3], chunks }, 'ab')).toEqual([]);
    expect(deliveryFaults({ ids: [1, 4, 9], chunks }, 'ab')).toEqual([]);
  });

  it.each([
    [
      'an event that came twice',
      [1, 2, 2, 3],
      [piece('a'), piece('b'), piece('b'), END],
      [
        'the event 2 came twice',
        'what the reader got (3 characters) and the text of the log (2) differ at 2: "abb", "ab"',
      ],
    ],
    [
      'an event that is missing',
      [1, 3],
      [piece('a'), END],
      ['what the reader got (1 characters) and the text of the log (2) differ at 1: "a", "ab"'],
    ],
    [
      'events in the wrong order',
      [2, 1, 3],
      [piece('a'), piece('b'), END],
      ['the event 1 came after the event 2'],
    ],
    ['an end that never came', [1, 2], [piece('a'), piece('b')], ['no terminal chunk came']],
    ['nothing at all', [], [], ['no terminal chunk came', expect.stringContaining('differ at 0')]],
    [
      'an end that came before the rest',
      [1, 2, 3],
      [piece('a'), END, piece('b')],
      ['3 came after the terminal 2'],
    ],
    [
      'two ends',
      [1, 2, 3, 4],
      [piece('a'), piece('b'), END, END],
      ['terminal chunks came as 3, 4'],
    ],
  ] as const)('finds %s', (_, ids, chunks, faults) => {
    expect(deliveryFaults({ ids, chunks }, 'ab')).toEqual(faults);
  });
});
