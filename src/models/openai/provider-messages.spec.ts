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
