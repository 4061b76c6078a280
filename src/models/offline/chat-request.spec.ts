import { describe, expect, it } from '@jest/globals';
import { parseChatRequest } from './chat-request.js';

const messages = [{ role: 'user', content: 'Hi' }];
const parse = (fields: object) =>
  parseChatRequest(JSON.stringify({ model: 'assistant', messages, ...fields }));

describe('parseChatRequest', () => {
  it('reads what it heeds and ignores the rest', () => {
    expect(parse({ temperature: 1, tools: [], response_format: { type: 'text' } })).toEqual({
      model: 'assistant',
      messages: [{ role: 'user', text: 'Hi' }],
      stream: false,
      includeUsage: false,
      maxTokens: undefined,
    });
    expect(parse({ stream: true, stream_options: { include_usage: true } })).toMatchObject({
      stream: true,
      includeUsage: true,
    });
  });

  it('takes the limit of tokens under both names; the newer one wins', () => {
    expect(parse({ max_tokens: 3, max_completion_tokens: null }).maxTokens).toBe(3);
    expect(parse({ max_completion_tokens: 4 }).maxTokens).toBe(4);
    expect(parse({ max_tokens: 3, max_completion_tokens: 4 }).maxTokens).toBe(4);
  });

  it('reads the text of a content in parts', () => {
    const content = [
      { type: 'text', text: 'a' },
      { type: 'image_url' },
      { type: 'text', text: 'b' },
    ];
    const request = parse({ messages: [{ role: 'user', content }, { role: 'assistant' }] });
    expect(request.messages.map(({ text }) => text)).toEqual(['ab', '']);
  });

  it.each([
    ['model', { model: undefined }],
    ['messages', { messages: [] }],
    ['messages', { messages: 'Hi' }],
    ['messages[1].role', { messages: [...messages, { content: 'Hi' }] }],
    ['max_tokens', { max_tokens: 0 }],
    ['max_completion_tokens', { max_completion_tokens: 1.5 }],
    ['response_format', { response_format: { type: 'json_schema' } }],
  ])('refuses a request whose %s is wrong', (param, fields) => {
    expect(() => parse(fields)).toThrow(expect.objectContaining({ status: 400, param }));
  });

  it.each(['{', '', '[]', 'null'])('refuses the body %j', (body) => {
    expect(() => parseChatRequest(body)).toThrow(
      expect.objectContaining({ status: 400, param: null }),
    );
  });
});
