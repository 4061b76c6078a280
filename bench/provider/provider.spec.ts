import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ExpectedText, type AnswerSpec } from '../answer.ts';
import { Provider } from './provider.ts';

interface Chunk {
  choices: { delta: { content?: string }; finish_reason: string | null }[];
  usage: object | null;
}

describe('Provider', () => {
  const provider = new Provider();
  let url: string;

  beforeAll(async () => {
    url = `http://127.0.0.1:${await provider.listen()}/v1/chat/completions`;
  });

  afterAll(() => provider.close());

  const spec = (id: number, more: Partial<AnswerSpec> = {}): AnswerSpec => ({
    ...{ id, seed: id, tokens: 50, everyMs: 0, held: false },
    ...more,
  });

  function ask(answer: AnswerSpec, ...further: object[]): Promise<Response> {
    const messages = [{ role: 'user', content: JSON.stringify(answer) }, ...further];
    return fetch(url, { method: 'POST', body: JSON.stringify({ stream: true, messages }) });
  }

  async function payloadsOf(response: Response): Promise<string[]> {
    return [...(await response.text()).matchAll(/^data: (.*)$/gm)].map(([, payload]) => payload!);
  }

  const textIn = (payloads: readonly string[]) =>
    payloads
      .filter((payload) => payload !== '[DONE]')
      .map((payload) => (JSON.parse(payload) as Chunk).choices[0]?.delta.content ?? '')
      .join('');

  it('says the answer that the message asks for, as OpenAI does', async () => {
    const payloads = await payloadsOf(await ask(spec(1)));
    expect(textIn(payloads)).toBe(new ExpectedText(spec(1)).text);
    // The role, 50 tokens, the finish reason, the usage and the end of the stream.
    expect(payloads).toHaveLength(54);
    const [finish, usage, end] = payloads.slice(-3);
    expect((JSON.parse(finish!) as Chunk).choices[0]!.finish_reason).toBe('stop');
    expect((JSON.parse(usage!) as Chunk).usage).not.toBeNull();
    expect(end).toBe('[DONE]');
  });

  it('goes on with an answer of which the request has the beginning', async () => {
    const { text, ends } = new ExpectedText(spec(2));
    const content = text.slice(0, ends[19]);
    const further = [
      { role: 'assistant', content },
      { role: 'user', content: 'Go on.' },
    ];
    const rest = textIn(await payloadsOf(await ask(spec(2), ...further)));
    expect(rest).toBe(text.slice(ends[19]));
  });

  it('takes a message in parts', async () => {
    const content = [{ type: 'text', text: JSON.stringify(spec(3)) }];
    const body = JSON.stringify({ stream: true, messages: [{ role: 'user', content }] });
    const response = await fetch(url, { method: 'POST', body });
    expect(textIn(await payloadsOf(response))).toBe(new ExpectedText(spec(3)).text);
  });

  it('knows when it sent each token, one after the other', async () => {
    provider.take();
    await (await ask(spec(4, { tokens: 5, everyMs: 3 }))).text();
    const { receivedAt, sentAt } = provider.take().get(4)!;
    expect(sentAt[0]).toBeGreaterThanOrEqual(receivedAt);
    for (let token = 1; token < 5; token += 1) {
      expect(sentAt[token]).toBeGreaterThan(sentAt[token - 1]!);
    }
    expect(provider.take().size).toBe(0);
  });

  it('holds an answer after its first token and before its end, until it is released', async () => {
    const response = await ask(spec(5, { held: true }));
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    const { text, ends } = new ExpectedText(spec(5));
    let seen = '';
    const until = async (wanted: string) => {
      while (textIn(whole(seen)) !== wanted) seen += (await reader.read()).value!;
    };
    await until(text.slice(0, ends[0]));
    provider.release();
    await until(text);
    expect(seen).not.toContain('[DONE]');
    provider.release();
    for (let read = await reader.read(); !read.done; read = await reader.read()) seen += read.value;
    expect(whole(seen).at(-1)).toBe('[DONE]');
  });

  /** The payloads whose events have come whole. */
  function whole(seen: string): string[] {
    return [...seen.matchAll(/^data: (.*)\n\n/gm)].map(([, payload]) => payload!);
  }

  it('refuses what asks for no answer', async () => {
    const body = JSON.stringify({ stream: true, messages: [{ role: 'user', content: 'Hi' }] });
    expect((await fetch(url, { method: 'POST', body })).status).toBe(400);
  });
});
