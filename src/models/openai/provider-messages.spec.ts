import { describe, expect, it } from '@jest/globals';
import { messagesFor } from './provider-messages.js';
import { providerConfig } from './testing/answers.js';

const question = { role: 'user', content: 'Hi' } as const;
const beginning = { role: 'assistant', content: 'Hel' } as const;

describe('the beginning of an answer, for a provider to go on with', () => {
  it.each([
    ['https://api.mistral.ai/v1', { prefix: true }],
    ['https://api.deepseek.com/beta', { prefix: true }],
    ['https://dashscope-intl.aliyuncs.com/compatible-mode/v1', { partial: true }],
    ['https://openrouter.ai/api/v1', {}],
    ['https://notmistral.ai/v1', {}],
    ['http://127.0.0.1:8080/v1', {}],
  ])('is marked as %s documents it', (baseUrl, mark) => {
    const provider = providerConfig({ baseUrl });
    expect(messagesFor(provider, [question, beginning])).toEqual([
      question,
      { ...beginning, ...mark },
    ]);
    expect(messagesFor(provider, [question, beginning, question])).toEqual([
      question,
      beginning,
      question,
    ]);
  });
});

describe('a tool call that goes back to its provider', () => {
  const call = {
    id: 'c',
    name: 'add',
    arguments: '{}',
    extra: { google: { thought_signature: 'x' } },
  };
  const asked = { role: 'assistant', content: '', toolCalls: [call], reasoning: 'hm' } as const;
  const sent = { id: 'c', type: 'function', function: { name: 'add', arguments: '{}' } };

  it.each([
    [
      'https://generativelanguage.googleapis.com/v1beta/openai',
      { tool_calls: [{ ...sent, extra_content: call.extra }] },
    ],
    ['https://api.deepseek.com', { tool_calls: [sent], reasoning_content: 'hm' }],
    ['https://api.moonshot.cn/v1', { tool_calls: [sent], reasoning_content: 'hm' }],
    ['https://api.openai.com/v1', { tool_calls: [sent] }],
  ])('has what %s wants back, and nothing else', (baseUrl, members) => {
    expect(messagesFor(providerConfig({ baseUrl }), [asked])).toEqual([
      { role: 'assistant', content: null, ...members },
    ]);
  });
});
