import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStream, request } from './support/http-client.js';
import { contentOf } from './support/native-chunks.js';
import { httpError } from './support/provider/faults.js';
import { answer, done, finish, role, text, usage } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

describe('a request with an Idempotency-Key', () => {
  let provider: ScriptedProvider;
  let service: RunningService;
  let chat: string;
  let keys = 0;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    service = await startService({ provider });
    chat = `${service.url}/api/v1/chat`;
  });
  afterAll(async () => {
    await service.close();
    await provider.close();
  });

  const newKey = () => `key-${(keys += 1)}`;
  const post = (key: string, body: object = {}, headers = {}) =>
    request(chat, {
      body: { message: 'Hi', ...body },
      headers: { 'idempotency-key': key, ...headers },
    });
  const stream = (key: string, body: object = {}, headers = {}) =>
    openStream(chat, {
      body: { message: 'Hi', stream: true, ...body },
      headers: { 'idempotency-key': key, ...headers },
    });

  it('starts one run for many twins that come at once, and answers them all', async () => {
    const asked = provider.requests.length;
    provider.reply(answer('Hel', 'lo'));
    const key = newKey();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(key)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(provider.requests).toHaveLength(asked + 1);
  });

  it('replays the run from its beginning, in either mode, whichever came first', async () => {
    provider.reply(answer('Hel', 'lo'));
    const key = newKey();
    const first = await stream(key);
    await first.ended;
    const again = await stream(key);
    await again.ended;
    expect(again.text).toBe(first.text);
    const document = await post(key);
    expect(document.json()).toMatchObject({
      message: { content: 'Hello' },
      run_id: first.headers['x-run-id'],
    });
    const accepted = await post(key, { background: true });
    expect(accepted.status).toBe(202);
    expect(accepted.json()).toEqual({ run_id: first.headers['x-run-id'], state: 'completed' });
  });

  it('joins a run that is under way, after Last-Event-ID where that is sent', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('a'), gate, text('b'), finish(), usage(), done()]);
    const key = newKey();
    const first = await stream(key);
    await first.event(0);
    first.cut();
    const whole = await stream(key);
    const rest = await stream(key, {}, { 'last-event-id': '1' });
    gate.open();
    await Promise.all([whole.ended, rest.ended]);
    expect(contentOf(whole.events)).toBe('ab');
    expect(rest.events.map(({ id }) => id)).toEqual(['2', '3']);
  });

  it('answers 204 to a repeat that has seen the end, and 400 to one beyond it', async () => {
    provider.reply(answer('a'));
    const key = newKey();
    const first = await stream(key);
    await first.ended;
    const last = String(first.events.at(-1)!.id);
    const seen = await stream(key, {}, { 'last-event-id': last });
    expect(await seen.ended).toBe('end');
    expect(seen.status).toBe(204);
    const beyond = await post(key, { stream: true }, { 'last-event-id': '99' });
    expect(beyond.json()).toMatchObject({ status: 400, code: 'position_invalid' });
  });

  it('looks at what is asked, not at how it is written or delivered', async () => {
    provider.reply(answer('a'));
    const key = newKey();
    const first = await post(key, { model: 'test-model', metadata: { a: '1', b: '2' } });
    const { run_id: id } = first.json();
    for (const same of [
      { metadata: { b: '2', a: '1' }, model_name: 'test-model' },
      { metadata: { a: '1', b: '2' }, model: 'test-model', on_busy: 'reject', temperature: null },
    ]) {
      expect((await post(key, same)).json()).toMatchObject({ run_id: id });
    }
  });

  it('refuses another body under the same key, and names the run', async () => {
    provider.reply(answer('a'));
    const key = newKey();
    const { run_id: id } = (await post(key)).json();
    for (const other of [
      { message: 'Ho' },
      { max_tokens: 5 },
      { metadata: { a: '1' } },
      { include: [] },
      { agent: 'assistant' },
    ]) {
      const refused = await post(key, other);
      expect(refused.status).toBe(409);
      expect(refused.json()).toMatchObject({ code: 'idempotency_conflict', run_id: id });
    }
  });

  it('keeps no key of a request that was refused', async () => {
    const key = newKey();
    expect((await post(key, { model: 'gpt-9' })).status).toBe(400);
    expect((await post(key, { agent: 'nobody' })).status).toBe(404);
    provider.reply(answer('a'));
    expect((await post(key)).status).toBe(200);
  });

  it('may be repeated after a failure that may pass, before any text', async () => {
    provider.reply(httpError(503));
    const key = newKey();
    const failed = await post(key);
    expect(failed.status).toBe(503);
    provider.reply(answer('a'));
    const repeated = await post(key);
    expect(repeated.status).toBe(200);
    expect(repeated.json()['run_id']).not.toBe(failed.json()['run_id']);
  });

  it('gets the same failure again where it would not pass, or text had come', async () => {
    const final = newKey();
    provider.reply(httpError(401));
    const first = await post(final);
    expect(first.status).toBe(502);
    const again = await post(final);
    expect(again.status).toBe(502);
    expect(again.json()['run_id']).toBe(first.json()['run_id']);

    const partial = newKey();
    provider.reply([role(), text('Hel'), { kind: 'drop', reset: false }]);
    const cut = await post(partial);
    expect(cut.json()).toMatchObject({ status: 503, partial: 'Hel', retryable: true });
    expect((await post(partial)).json()['run_id']).toBe(cut.json()['run_id']);
  });
});
