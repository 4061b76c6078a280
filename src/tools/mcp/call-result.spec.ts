import { describe, expect, it } from '@jest/globals';
import { outputOf } from './call-result.js';

describe('the result of a call', () => {
  it.each<[unknown, string]>([
    [{ content: [] }, ''],
    [{}, ''],
    [null, ''],
    [
      {
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      'a\nb',
    ],
    [{ content: [{ type: 'text', text: 'a' }], structuredContent: { a: 1 } }, 'a'],
    [{ content: [], structuredContent: null }, 'null'],
    [
      { content: [{ type: 'image', mimeType: 'image/png', data: 'AA==' }], structuredContent: 7 },
      '[image/png, 1 bytes]\n7',
    ],
    [{ content: [{ type: 'hologram' }] }, '[hologram]'],
    [{ content: [{ type: 'image' }] }, '[application/octet-stream, 0 bytes]'],
    [{ content: [{ type: 'resource' }, null, 'text'] }, '[resource]'],
    [{ content: [{ type: 'text', text: 'a\ud800' }] }, 'a\ufffd'],
  ])('%j is the text %j', (result, content) => {
    expect(outputOf(result)).toEqual({ content, isError: false });
  });
});
