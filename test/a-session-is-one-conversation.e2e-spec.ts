import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { RunStore } from '../src/runs/run-store.js';
import { openStream, request } from './support/http-client.js';
import { contentOf } from './support/native-chunks.js';
import { drop, httpError } from './support/provider/faults.js';
import { answer, done, finish, role, text, usage } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

describe('a session', () => {
  let provider: ScriptedProvider;
  let service: RunningService;
  let chat: string;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    service = await startService({ provider });
    chat = `${service.url}/api/v1/chat`;
  });
  afterAll(async () => {
    await service.close();
    await provider.close();
  });

  const say = (message: string, body: object = {}) => request(chat, { body: { message, ...body } });
  const lastAsked = () =>
    provider.requests.at(-1)!.body.messages.map(({ role: who, content }) => `${who}: ${content}`);

  it('begins with a message that names none, and goes on with those that name it', async () => {
    provider.reply(answer('Hello')).reply(answer('Fine'));
    const first = (await say('Hi')).json();
    const second = (await say('How are you?', { session_id: first['session_id'] })).json();
    expect(second['session_id']).toBe(first['session_id']);
    expect(second['run_id']).not.toBe(first['run_id']);
    expect(lastAsked()).toEqual([
      'system: You are a test assistant.',
      'user: Hi',
      'assistant: Hello',
      'user: How are you?',
    ]);
  });

  it('takes instructions for one answer, and forgets them with the next', async () => {
    provider.reply(answer('Bonjour')).reply(answer('Fine'));
    const first = (await say('Hi', { instructions: 'Answer in {{user}} French.' })).json();
    expect(lastAsked()).toEqual([
      'system: You are a test assistant.\n\nAnswer in {{user}} French.',
      'user: Hi',
    ]);
    await say('How are you?', { session_id: first['session_id'] });
    expect(lastAsked()).toEqual([
      'system: You are a test assistant.',
      'user: Hi',
      'assistant: Bonjour',
      'user: How are you?',
    ]);
  });

  it('is not made by a conversation that the request carries whole', async () => {
    provider.reply(answer('Fine'));
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: '' },
      { role: 'user', content: 'How are you?' },
    ];
    const response = await request(chat, { body: { messages } });
    expect(response.json()).toMatchObject({ session_id: null });
    expect(response.headers).not.toHaveProperty('x-session-id');
    expect(lastAsked()).toEqual([
      'system: You are a test assistant.',
      'system: Be brief.',
      'user: Hi',
      'assistant: ',
      'user: How are you?',
    ]);
  });

  it('is free for the next message as soon as a reader has met the end', async () => {
    provider.always((asked) => answer(`to ${asked.body.messages.at(-1)!.content}`));
    let sessionId: unknown;
    for (let turn = 0; turn < 20; turn += 1) {
      const reading = await openStream(chat, {
        body: { message: `${turn}`, stream: true, ...(turn > 0 && { session_id: sessionId }) },
      });
      await reading.until((event) => event.json()['done'] === true);
      sessionId = reading.headers['x-session-id'];
    }
    expect(lastAsked()).toHaveLength(40);
    expect(lastAsked().slice(-3)).toEqual(['user: 18', 'assistant: to 18', 'user: 19']);
  });

  it('knows an answer that was cut and gone on with as one message', async () => {
    provider
      .reply([role(), text('Hel'), drop()])
      .reply(answer('lo'))
      .reply(answer('Fine'));
    const first = (await say('Hi')).json();
    expect(first).toMatchObject({ message: { content: 'Hello' }, attempts: 2 });
    await say('How are you?', { session_id: first['session_id'] });
    expect(lastAsked().slice(1)).toEqual(['user: Hi', 'assistant: Hello', 'user: How are you?']);
  });

  it('takes one message at a time, and says which run it is busy with', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('a'), gate, finish(), usage(), done()]);
    const running = await openStream(chat, { body: { message: 'Hi', stream: true } });
    await running.event(0);
    const session = { session_id: running.headers['x-session-id'] };
    for (const stream of [true, false]) {
      const refused = await say('Ho', { ...session, stream });
      expect(refused.status).toBe(409);
      expect(refused.json()).toMatchObject({
        code: 'session_busy',
        run_id: running.headers['x-run-id'],
      });
    }
    gate.open();
    await running.ended;
  });

  it('tells a caller who waits no longer how the run stands by then', async () => {
    const gates = [provider.gate(), provider.gate()];
    provider.reply([role(), text('a'), gates[0]!, finish(), usage(), done()]);
    provider.reply([gates[1]!, role(), text('b'), finish(), usage(), done()]);
    const running = await openStream(chat, { body: { message: 'Hi', stream: true } });
    await running.event(0);
    const admit = jest.spyOn(service.app.get(RunStore), 'admit');
    const waiting = request(chat, {
      body: { message: 'Ho', session_id: running.headers['x-session-id'], on_busy: 'queue' },
      headers: { prefer: 'wait=1' },
    });
    // Queued when it was asked for, and begun while its caller waits.
    while (admit.mock.results.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await admit.mock.results[0]!.value).toMatchObject({ run: { state: 'queued' } });
    gates[0]!.open();
    await gates[1]!.reached;
    expect((await waiting).json()).toMatchObject({ state: 'running' });
    gates[1]!.open();
  });

  it('lets messages wait for their turn, in the order in which they came', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('zero'), gate, finish(), usage(), done()]);
    provider.always((asked) => answer(`to ${asked.body.messages.at(-1)!.content}`));
    const running = await openStream(chat, { body: { message: '0', stream: true } });
    await running.event(0);
    const session = { session_id: running.headers['x-session-id'], on_busy: 'queue' };
    const first = await say('1', { ...session, background: true });
    expect(first.json()).toMatchObject({ state: 'queued' });
    const waiting = openStream(chat, { body: { message: '2', stream: true, ...session } });
    const queued = await request(`${service.url}${first.headers['location']}`);
    expect(queued.json()).toMatchObject({ state: 'queued', text: '' });
    gate.open();
    const second = await waiting;
    await second.ended;
    expect(contentOf(second.events)).toBe('to 2');
    expect(lastAsked().slice(1)).toEqual([
      'user: 0',
      'assistant: zero',
      'user: 1',
      'assistant: to 1',
      'user: 2',
    ]);
  });

  describe('in which a run fails', () => {
    let once: RunningService;
    /** Says something to a service that calls its provider once for a run. */
    const tell = (message: string, body: object = {}) =>
      request(`${once.url}/api/v1/chat`, { body: { message, ...body } });

    beforeAll(async () => {
      const env = { RETRY_BUDGET: '0', MAX_CONTINUATIONS: '0' };
      once = await startService({ provider, env });
    });
    afterAll(() => once.close());

    it('keeps the partial text of a run that failed, for the next', async () => {
      provider.reply([role(), text('Hel'), drop()]).reply(answer('Again'));
      const failed = (await tell('Hi')).json();
      expect(failed).toMatchObject({ status: 503, partial: 'Hel' });
      await tell('Go on', { session_id: failed['session_id'] });
      expect(lastAsked().slice(1)).toEqual(['user: Hi', 'assistant: Hel', 'user: Go on']);
    });

    it('does not repeat a message that was sent again after a failure', async () => {
      provider.reply(answer('Hello'));
      const session = { session_id: (await tell('Hi')).json()['session_id'] };
      provider
        .reply(httpError(503))
        .reply(httpError(503))
        .reply(answer('Fine'))
        .reply(answer('Bye'));
      expect((await tell('How are you?', session)).status).toBe(503);
      expect((await tell('How are you?', session)).status).toBe(503);
      expect((await tell('How are you?', session)).status).toBe(200);
      await tell('Bye', session);
      expect(lastAsked().slice(1)).toEqual([
        'user: Hi',
        'assistant: Hello',
        'user: How are you?',
        'assistant: Fine',
        'user: Bye',
      ]);
    });
  });
});
