import { describe, expect, it } from '@jest/globals';
import { conversationOf, titleOf, type SessionMessage } from './session.js';

describe('the title of a session', () => {
  it.each([
    ['Hello', 'Hello'],
    ['  two\n\nlines\t here ', 'two lines here'],
    ['a'.repeat(80), 'a'.repeat(60)],
    ['😀'.repeat(80), '😀'.repeat(60)],
  ])('of %j is its beginning, on one line', (message, title) => {
    expect(titleOf(message)).toBe(title);
  });
});

describe('what a model is told of a session', () => {
  const message = (
    runId: string,
    role: SessionMessage['role'],
    content: string,
  ): SessionMessage => ({ id: `${runId}-${role}`, runId, role, content, createdAt: 0 });

  it('is what was answered, and the message that the run is to answer', () => {
    const messages = [
      message('one', 'user', 'Hi'),
      message('one', 'assistant', 'Hello'),
      message('failed', 'user', 'Lost'),
      message('two', 'user', 'And now?'),
    ];
    expect(conversationOf(messages, { id: 'two' })).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
      { role: 'user', content: 'And now?' },
    ]);
  });

  it('is without the answer of the run itself, which an owner that died may have kept', () => {
    const messages = [message('one', 'user', 'Hi'), message('one', 'assistant', 'Hel')];
    expect(conversationOf(messages, { id: 'one' })).toEqual([{ role: 'user', content: 'Hi' }]);
  });
});
