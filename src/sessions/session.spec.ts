import { describe, expect, it } from '@jest/globals';
import type { MessageContent } from '../models/model-stream.js';
import { titleOf } from './session.js';

describe('the title of a session', () => {
  it.each<[MessageContent, string]>([
    ['Hello', 'Hello'],
    [
      [
        { type: 'image', url: 'data:,' },
        { type: 'text', text: 'What?' },
      ],
      'What?',
    ],
    [[{ type: 'image', url: 'data:,' }], 'Image'],
    ['  What is\n\n a run log?\t', 'What is a run log?'],
    ['x'.repeat(100), 'x'.repeat(60)],
    ['😀'.repeat(100), '😀'.repeat(60)],
    ['', ''],
  ])('is the beginning of its first message, on one line: %j', (message, title) => {
    expect(titleOf(message)).toBe(title);
  });
});
