import { describe, expect, it } from '@jest/globals';
import { readCommand } from './read-command.js';

describe('readCommand', () => {
  it.each([
    ['/help', { name: 'help' }],
    ['  /help\n', { name: 'help' }],
    ['/slow', { name: 'slow', pauseMs: 1000, question: '' }],
    ['/slow 0.25 Why?', { name: 'slow', pauseMs: 250, question: 'Why?' }],
    ['/drop', { name: 'drop', afterWords: [12], question: '' }],
    ['/drop 3', { name: 'drop', afterWords: [3], question: '' }],
    ['/drop 3 9 Why so?', { name: 'drop', afterWords: [3, 9], question: 'Why so?' }],
    ['/stall What is 2 + 2?', { name: 'stall', afterWords: [12], question: 'What is 2 + 2?' }],
    ['/error', { name: 'error', status: 503 }],
    ['/error 429', { name: 'error', status: 429 }],
    ['/long', { name: 'long', words: 2000 }],
    ['/long 20000', { name: 'long', words: 20000 }],
    ['/call now', { name: 'call', calls: [{ name: 'now', arguments: {} }] }],
    [
      '/loop add {\n "a": 1,\n "b": 2\n}',
      { name: 'loop', calls: [{ name: 'add', arguments: { a: 1, b: 2 } }] },
    ],
    [
      '/call add {"a":1}\n/call add {"a":2}\nnow',
      {
        name: 'call',
        calls: [
          { name: 'add', arguments: { a: 1 } },
          { name: 'add', arguments: { a: 2 } },
          { name: 'now', arguments: {} },
        ],
      },
    ],
  ])('reads %j', (message, command) => {
    expect(readCommand(message)).toEqual(command);
  });

  it.each([
    ['/slow 0'],
    ['/slow 11'],
    ['/slow -1'],
    ['/drop 0'],
    ['/drop 1.5'],
    ['/stall 3 0'],
    ['/error 200'],
    ['/error 600'],
    ['/error many'],
    ['/long 0'],
    ['/long 100001'],
    ['/long x'],
    ['/call'],
    ['/call add 1'],
    ['/call add [1]'],
    ['/loop add {"a":'],
  ])('says what is wrong with %j', (message) => {
    expect(readCommand(message)).toMatchObject({
      name: 'wrong',
      command: /\w+/.exec(message)![0],
      because: expect.any(String),
    });
  });

  it('knows an unknown command from a question', () => {
    expect(readCommand('/drob')).toEqual({ name: 'unknown', asked: 'drob' });
    for (const question of [
      '',
      'Hi',
      'a /help',
      '/api/v1/chat',
      '/docs is what?',
      '/ x',
      '/Help',
    ]) {
      expect(readCommand(question)).toBeUndefined();
    }
  });
});
