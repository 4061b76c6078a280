import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStream, request } from './support/http-client.js';
import { contentOf } from './support/native-chunks.js';
import { answer, done, finish, role, text, usage } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

describe('over stores that answer late and in batches', () => {
  let provider: ScriptedProvider;
  let service: RunningService;
  let chat: string;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    service = await startService({
      provider,
      slowStores: true,
      env: { DISCONNECT_GRACE: '500ms' },
    });
    chat = `${service.url}/api/v1/chat`;
  });
  afterAll(async () => {
    await service.close();
    await provider.close();
  });

  const WORDS = Array.from({ length: 50 }, (_, n) => `word${n} `);

  it('an answer is whole for its reader, for one who resumes, and as JSON', async () => {
    provider.always(answer(...WORDS));
    const reading = await openStream(chat, { body: { message: 'Hi', stream: true } });
    expect(await reading.ended).toBe('end');
    expect(contentOf(reading.events)).toBe(WORDS.join(''));
    const id = String(reading.headers['x-run-id']);
    const rest = await openStream(`${service.url}/api/v1/runs/${id}/stream?after=1`);
    await rest.ended;
    expect(reading.text).toContain(rest.text.slice(1));
    const document = await request(chat, { body: { message: 'Hi' } });
    expect(document.json()).toMatchObject({ message: { content: WORDS.join('') } });
  });

  it('twins that come at once are one run, and a session takes one message at a time', async () => {
    const asked = provider.requests.length;
    provider.always(answer('Hello'));
    const twins = await Promise.all(
      Array.from({ length: 10 }, () =>
        request(chat, { body: { message: 'Hi' }, headers: { 'idempotency-key': 'twins' } }),
      ),
    );
    expect(new Set(twins.map(({ body }) => body)).size).toBe(1);
    expect(provider.requests).toHaveLength(asked + 1);

    const session = { session_id: twins[0]!.json()['session_id'] };
    const said = Array.from({ length: 5 }, (_, n) => `${n}`);
    const answers = await Promise.all(
      said.map((message) => request(chat, { body: { message, ...session, on_busy: 'queue' } })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const heard = provider.requests.at(-1)!.body.messages.map(({ content }) => content);
    expect(heard).toHaveLength(12);
    expect(heard.filter((content) => said.includes(content)).sort()).toEqual(said);
  });

  it('a watched run is not cancelled, and one that is left is', async () => {
    const gate = provider.gate();
    const script = [role(), text('a'), gate, text('b'), finish(), usage(), done()];
    provider.reply(script).reply(script);
    const body = { message: 'Hi', stream: true, on_disconnect: 'cancel' };
    const [watched, left] = await Promise.all([
      openStream(chat, { body }),
      openStream(chat, { body }),
    ]);
    await Promise.all([watched.event(0), left.event(0)]);
    left.cut();
    await service.log.until(({ msg, state }) => msg === 'run finished' && state === 'cancelled');
    gate.open();
    await watched.ended;
    expect(contentOf(watched.events)).toBe('ab');
  });
});
