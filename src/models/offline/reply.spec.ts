import { describe, expect, it } from '@jest/globals';
import { InvalidRequest } from './error-response.js';
import { replyTo } from './reply.js';

const user = (text: string) => ({ role: 'user', text });
const assistant = (text: string) => ({ role: 'assistant', text });

describe('replyTo', () => {
  it('says that it is no language model, and how to connect one', () => {
    const reply = replyTo([user('Hello')]);
    expect(reply).toContain('the built-in offline assistant, not a language model');
    expect(reply).toContain('Set `OPENAI_API_KEY`');
    expect(reply).toContain('Restart the service');
    expect(reply).toContain('set `OLLAMA_BASE_URL` to its address');
    expect(reply).toContain('and `MODEL_NAME` to the model, such as `ollama/llama3.2`');
    expect(reply).toContain('`docs/models.md`');
    expect(reply).toContain('`GET /api/v1/models`');
  });

  it('quotes the last question of the user, and nothing else of the conversation', () => {
    const reply = replyTo([
      { role: 'system', text: 'Secret instructions' },
      user('First?'),
      assistant('An answer'),
      user('What is\n a  monad?'),
    ]);
    expect(reply).toContain('You asked:\n\n> What is a monad?\n\n');
    expect(reply).not.toMatch(/Secret|First|An answer/);
  });

  it('quotes only the first words of a long question', () => {
    const words = 'abcdefghi '.repeat(40);
    expect(replyTo([user(words)])).toContain(`> ${'abcdefghi '.repeat(12)}…\n\n`);
    expect(replyTo([user('👋'.repeat(200))])).toContain(`> ${'👋'.repeat(120)} …\n\n`);
  });

  it.each([
    ['`code` and *stars*', '\\`code\\` and \\*stars\\*'],
    ['<script>', '\\<script>'],
    ['[a](b) ~~c~~ _d_ \\e', '\\[a\\](b) \\~\\~c\\~\\~ \\_d\\_ \\\\e'],
    ['# Heading', '\\# Heading'],
    ['> quote', '\\> quote'],
    ['- item', '\\- item'],
    ['1. item', '1\\. item'],
    ['a &lt; b & c', 'a \\&lt; b & c'],
    ['Hi! 1 + 1 = 2 #yes', 'Hi! 1 + 1 = 2 #yes'],
  ])('quotes %s as it was written, not as Markdown', (question, quoted) => {
    expect(replyTo([user(question)])).toContain(`> ${quoted}\n\n`);
  });

  it('quotes nothing where nothing was asked', () => {
    for (const messages of [[user(' \n')], [{ role: 'system', text: 'Be kind.' }]]) {
      expect(replyTo(messages)).not.toContain('You asked');
    }
  });

  it('continues a partial answer of its own from any place', () => {
    const whole = replyTo([user('Hello')]);
    for (let length = 0; length <= whole.length; length += 1) {
      const rest = replyTo([user('Hello'), assistant(whole.slice(0, length))]);
      expect(whole.slice(0, length) + rest).toBe(whole);
    }
  });

  it('refuses to continue what it did not say', () => {
    const messages = [user('Hello'), assistant('I am a pirate')];
    expect(() => replyTo(messages)).toThrow(InvalidRequest);
  });
});
