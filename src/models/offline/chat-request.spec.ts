import { describe, expect, it } from '@jest/globals';
import { parseChatRequest } from './chat-request.js';

const messages = [{ role: 'user', content: 'Hi' }];
const parse = (fields: object) =>
  parseChatRequest(JSON.stringify({ model: 'assistant', messages, ...fields }));
const add = { type: 'function', function: { name: 'add' } };

describe('parseChatRequest', () => {
  it('reads what it heeds and passes over the rest', () => {
    expect(parse({ temperature: 1, user: 'x', response_format: { type: 'text' } })).toEqual({
      model: 'assistant',
      messages: [{ role: 'user', text: 'Hi', toolCalls: [], toolCallId: undefined }],
      stream: false,
      includeUsage: false,
      maxTokens: undefined,
      stop: [],
      tools: [],
      toolChoice: 'auto',
      parallelToolCalls: true,
      value: undefined,
    });
    expect(parse({ stream: true, stream_options: { include_usage: true } })).toMatchObject({
      stream: true,
      includeUsage: true,
    });
  });

  it('takes null for absent', () => {
    const fields = ['max_tokens', 'stop', 'tools', 'tool_choice', 'response_format'];
    const absent = Object.fromEntries(fields.map((field) => [field, null]));
    expect(parse({ ...absent, messages: [{ ...messages[0], tool_calls: null }] })).toEqual(
      parse({}),
    );
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

  it('reads tools, calls and results', () => {
    const parameters = { type: 'object' };
    const named = { name: 'now', description: 'The time', parameters };
    const call = { id: 'c1', type: 'function', function: { name: 'now', arguments: '{}' } };
    const request = parse({
      messages: [
        ...messages,
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'c1', content: '12:00' },
      ],
      tools: [add, { type: 'function', function: named }, { type: 'web_search' }],
      tool_choice: { type: 'function', function: { name: 'now' } },
      parallel_tool_calls: false,
    });
    expect(request).toMatchObject({
      tools: [{ name: 'add', description: '', parameters: {} }, named],
      toolChoice: { name: 'now' },
      parallelToolCalls: false,
    });
    expect(request.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        text: '',
        toolCalls: [{ id: 'c1', name: 'now', arguments: '{}' }],
        toolCallId: undefined,
      },
      { role: 'tool', text: '12:00', toolCalls: [], toolCallId: 'c1' },
    ]);
  });

  it('reads what ends the answer, and what it has to be', () => {
    expect(parse({ stop: 'x' }).stop).toEqual(['x']);
    expect(parse({ stop: ['x', '', 'y'] }).stop).toEqual(['x', 'y']);
    expect(parse({ response_format: { type: 'json_object' } }).value).toBe('object');
    const schema = { type: 'string' };
    const format = { type: 'json_schema', json_schema: { name: 'n', schema } };
    expect(parse({ response_format: format }).value).toEqual({ schema });
  });

  it.each([
    ['model', { model: undefined }],
    ['messages', { messages: [] }],
    ['messages', { messages: 'Hi' }],
    ['messages[1].role', { messages: [...messages, { content: 'Hi' }] }],
    ['messages[0].tool_calls', { messages: [{ role: 'assistant', tool_calls: [{}] }] }],
    ['messages[0].tool_calls', { messages: [{ role: 'assistant', tool_calls: 'x' }] }],
    ['max_tokens', { max_tokens: 0 }],
    ['max_completion_tokens', { max_completion_tokens: 1.5 }],
    ['stop', { stop: ['a', 'b', 'c', 'd', 'e'] }],
    ['stop', { stop: [1] }],
    ['tools', { tools: {} }],
    ['tools[0]', { tools: ['add'] }],
    ['tools[1].function.name', { tools: [add, { type: 'function' }] }],
    ['tool_choice', { tools: [add], tool_choice: 'any' }],
    ['tool_choice', { tools: [add], tool_choice: { function: { name: 'other' } } }],
    ['response_format', { response_format: { type: 'json_schema' } }],
    ['response_format', { response_format: { type: 'xml' } }],
  ])('refuses a request whose %s is wrong', (param, fields) => {
    expect(() => parse(fields)).toThrow(expect.objectContaining({ status: 400, param }));
  });

  it.each(['{', '', '[]', 'null'])('refuses the body %j', (body) => {
    expect(() => parseChatRequest(body)).toThrow(
      expect.objectContaining({ status: 400, param: null }),
    );
  });
});
