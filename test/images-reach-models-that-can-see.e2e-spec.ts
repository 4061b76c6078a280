import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { modelsFor } from './support/config-dir.js';
import { request } from './support/http-client.js';
import { answer } from './support/provider/steps.js';
import { httpError } from './support/provider/faults.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

const PNG =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const text = (words: string) => ({ type: 'text', text: words });
const image = (url: string, more = {}) => ({ type: 'image_url', image_url: { url, ...more } });

describe('an image in a message', () => {
  let provider: ScriptedProvider;
  let service: RunningService;
  let chat: string;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    const models = modelsFor(provider.baseUrl);
    service = await startService({
      provider,
      env: { LOG_CONTENT: 'true', RETRY_BUDGET: '0' },
      modelsYaml: {
        ...models,
        models: {
          ...models.models,
          'seeing-model': {
            ...models.models['test-model'],
            capabilities: ['vision'],
            fallbacks: ['test-model'],
          },
        },
      },
    });
    chat = `${service.url}/api/v1/chat`;
  });
  afterAll(async () => {
    await service.close();
    await provider.close();
  });

  const ask = (body: object) => request(chat, { body: { model: 'seeing-model', ...body } });

  it('reaches the provider as it came, by address or by its bytes', async () => {
    provider.reply(answer('A dot.'));
    const message = [
      text('What is this?'),
      image(PNG, { detail: 'low' }),
      image('https://example.org/a.jpg'),
    ];
    const answered = await ask({ message });
    expect(answered.status).toBe(200);
    expect(provider.requests.at(-1)!.body.messages.at(-1)).toEqual({
      role: 'user',
      content: message,
    });
    const { session_id: id } = answered.json<{ session_id: string }>();
    const session = await request(`${service.url}/api/v1/sessions/${id}`);
    expect(session.json()).toMatchObject({ title: 'What is this?' });
    const { data } = (await request(`${service.url}/api/v1/sessions/${id}/messages`)).json<{
      data: { content: unknown }[];
    }>();
    expect(data[0]!.content).toEqual(message);
    expect(JSON.stringify(service.logs)).not.toContain('iVBOR');

    // A model that cannot see is told that there was something.
    provider.reply(answer('I cannot see it.'));
    await ask({ message: 'And you?', session_id: id, model: 'test-model' });
    expect(provider.requests.at(-1)!.body.messages[1]).toEqual({
      role: 'user',
      content: 'What is this?\n[an image]\n[an image]',
    });
  });

  it('may be in a conversation of the request’s own', async () => {
    provider.reply(answer('A dot.'));
    const messages = [
      { role: 'user', content: [image(PNG)] },
      { role: 'assistant', content: 'A dot.' },
      { role: 'user', content: 'Sure?' },
    ];
    expect((await ask({ messages })).status).toBe(200);
    expect(provider.requests.at(-1)!.body.messages.slice(1)).toEqual(messages);
  });

  it('is refused for a model that cannot see, which lists those that can', async () => {
    const refused = await ask({ model: 'test-model', message: [image(PNG)] });
    expect(refused.status).toBe(400);
    expect(refused.json()).toMatchObject({
      code: 'images_not_supported',
      detail: 'The model test-model cannot see images. These can: seeing-model.',
    });
  });

  it('is refused for a model that cannot see, also where its message is answered anew', async () => {
    provider.reply(answer('A dot.'));
    const seen = await ask({ message: [image(PNG)] });
    const { session_id } = seen.json<{ session_id: string }>();
    const refused = await ask({ model: 'test-model', session_id, regenerate: true });
    expect([refused.status, refused.json()['code']]).toEqual([400, 'images_not_supported']);
  });

  it('goes to no fallback that cannot see', async () => {
    const before = provider.requests.length;
    provider.reply(httpError(500));
    const failed = await ask({ message: [image(PNG)] });
    expect(failed.status).toBe(503);
    expect(provider.requests).toHaveLength(before + 1);
  });

  it('is not looked for in parts that are nothing but text: those are one text', async () => {
    provider.reply(answer('Hi.'));
    await ask({ model: 'test-model', message: [text('Hello'), text('there')] });
    expect(provider.requests.at(-1)!.body.messages.at(-1)).toEqual({
      role: 'user',
      content: 'Hello\nthere',
    });
  });

  it.each<[string, unknown, string]>([
    ['no parts', [], 'must have at least one part'],
    ['a number', 3, 'must be a text or a list of parts'],
    ['an unknown part', [{ type: 'audio' }], 'part 0: type must be text or image_url'],
    ['an empty text', [text('')], 'part 0: text must be a text, and not empty'],
    ['no address', [{ type: 'image_url', image_url: {} }], 'part 0: image_url.url must be a text'],
    [
      'a file',
      [text('x'), image('file:///etc/passwd')],
      'part 1: image_url.url must be an https:, http: or data: address',
    ],
    ['a page', [image('data:text/html;base64,AAAA')], 'must be a data: URI of one of image/png'],
    ['no type', [image('data:constructor;base64,AAAA')], 'must be a data: URI of one of image/png'],
    [
      'another image than it says',
      [image('data:image/png;base64,R0lGODlhAQABAAAA')],
      'says that it is image/png, and its bytes are not',
    ],
    ['broken base64', [image('data:image/png;base64,iVBORw0KGg=o')], 'must be a data: URI'],
    [
      'an unknown detail',
      [image(PNG, { detail: 'most' })],
      'image_url.detail must be one of auto, low, high',
    ],
    ['an unknown field', [{ ...text('x'), cache: true }], 'cache is not a field of it'],
    ['too many images', Array.from({ length: 21 }, () => image(PNG)), 'at most 20 images'],
  ])('is refused where it has %s', async (_, message, detail) => {
    const refused = await ask({ message });
    expect(refused.status).toBe(400);
    expect(refused.json()).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '#/message', detail: expect.stringContaining(detail) }],
    });
  });

  it('is the user’s alone', async () => {
    const messages = [
      { role: 'assistant', content: [image(PNG)] },
      { role: 'user', content: 'Hi' },
    ];
    expect((await ask({ messages })).json()).toMatchObject({
      errors: [
        { pointer: '#/messages/0/content', detail: 'Only messages of the user have parts.' },
      ],
    });
  });
});
