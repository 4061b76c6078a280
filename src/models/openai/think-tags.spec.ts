import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { piecesOf } from '../../agent/continuation/testing/pieces.js';
import { ThinkTags } from './think-tags.js';

describe('thinking that stands in the text', () => {
  it.each([
    ['<think>Hm.</think>\n\nIt is 4.', 'Hm.', 'It is 4.'],
    [
      '\n<think>\nHm, a < b </thin and so.\n</think>It is 4.',
      'Hm, a < b </thin and so.',
      'It is 4.',
    ],
    ['<think></think>It is 4.', '', 'It is 4.'],
    ['<think>Hm.', 'Hm.', ''],
    ['<think>Hm. </th', 'Hm. </th', ''],
    ['The tag <think>Hm.</think> is text here.', '', 'The tag <think>Hm.</think> is text here.'],
    ['<thinking> is another one.', '', '<thinking> is another one.'],
    [' <th', '', ' <th'],
    ['  Four.', '', '  Four.'],
    ['<think>a</think> <think>b</think>', 'a', '<think>b</think>'],
  ])('is told from it, however it is cut: %j', (answer, reasoning, text) => {
    fc.assert(
      fc.property(piecesOf(answer), (pieces) => {
        const tags = new ThinkTags();
        const said = pieces.map((piece) => tags.take(piece));
        said.push(tags.end());
        expect(said.map((one) => one.reasoning).join('')).toBe(reasoning);
        expect(said.map((one) => one.text).join('')).toBe(text);
      }),
      { examples: [[[...answer]]] },
    );
  });
});
