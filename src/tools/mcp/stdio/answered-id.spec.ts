import { describe, expect, it } from '@jest/globals';
import { answeredId } from './answered-id.js';

describe('the id of an answer that is too long to be read', () => {
  it.each([
    ['{"jsonrpc":"2.0","id":7,"result":{"con', 'xxx"}]}}', 7],
    ['{ "jsonrpc": "2.0", "id": 12, "result"', 'xxx', 12],
    ['{"result":{"content":[{"text":"xx', 'xx"}]},"jsonrpc":"2.0","id":8}', 8],
    ['{"result":{"id":5,', '"id":6}]}}', undefined],
    ['{"jsonrpc":"2.0","method":"notifications/message","params":{', '"}}', undefined],
    ['', '', undefined],
  ])('%j … %j: %j', (beginning, end, id) => {
    expect(answeredId(beginning, end)).toBe(id);
  });
});
