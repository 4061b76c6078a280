import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStream, request } from './support/http-client.js';
import { contentOf } from './support/native-chunks.js';
import { drop, httpError } from './support/provider/faults.js';
import { answer, done, finish, reasoning, role, text, usage } from './support/provider/steps.js';
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

  /** An answer that is whole. */
  async function ended(key: string): Promise<{ session_id: string }> {
    provider.reply(answer('a'));
    return (await post(key)).json();
  }

  it('starts one run for many twins that come at once, and answers them all', async () => {
    const asked = provider.requests.length;
    provider.reply(answer('Hel', 'lo'));
    const key = newKey();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(key)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(provider.requests).toHaveLength(asked + 1);
  });

  it('starts one run for twins that come at once, however each wants to be answered', async () => {
    const asked = provider.requests.length;
    const gate = provider.gate();
    provider.reply([role(), text('Hel'), gate, text('lo'), finish(), usage(), done()]);
    const key = newKey();
    const waiting = post(key);
    const [streamed, background, impatient] = await Promise.all([
      stream(key),
      post(key, { background: true }),
      post(key, {}, { prefer: 'wait=0' }),
    ]);
    gate.open();
    const document = await waiting;
    await streamed.ended;
    expect(contentOf(streamed.events)).toBe('Hello');
    expect(document.json()).toMatchObject({ message: { content: 'Hello' } });
    expect([streamed.status, background.status, impatient.status]).toEqual([200, 202, 202]);
    const ids = [document, streamed, background, impatient].map(
      ({ headers }) => headers['x-run-id'],
    );
    expect(new Set(ids).size).toBe(1);
    expect(provider.requests).toHaveLength(asked + 1);
  });

  it('starts one run for twins of which each has another body, and refuses the others', async () => {
    const asked = provider.requests.length;
    provider.reply(answer('a'));
    const key = newKey();
    const answers = await Promise.all(
      ['one', 'two', 'three'].map((message) => post(key, { message })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
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
    expect(rest.events).toMatchObject(whole.events.slice(1).map(({ id, data }) => ({ id, data })));
  });

  it('streams a run that was begun in the background', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('a'), gate, text('b'), finish(), usage(), done()]);
    const key = newKey();
    const accepted = await post(key, { background: true });
    expect(accepted.status).toBe(202);
    await gate.reached;
    const reading = await stream(key);
    expect(reading.headers['x-run-id']).toBe(accepted.headers['x-run-id']);
    await reading.event(0);
    gate.open();
    expect(await reading.ended).toBe('end');
    expect(contentOf(reading.events)).toBe('ab');
  });

  it('refuses a position that the run has not come to, and lets the run go on', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('a'), gate, finish(), usage(), done()]);
    const key = newKey();
    const reading = await stream(key);
    await reading.event(0);
    for (const position of ['2', '99', '-1', 'x']) {
      const refused = await post(key, { stream: true }, { 'last-event-id': position });
      expect(refused.json()).toMatchObject({ status: 400, code: 'position_invalid' });
    }
    gate.open();
    expect(await reading.ended).toBe('end');
    expect(contentOf(reading.events)).toBe('a');
  });

  it('begins at the beginning where Last-Event-ID is 0 or empty, known or not', async () => {
    for (const position of ['0', '']) {
      provider.reply(answer('a'));
      const key = newKey();
      const first = await stream(key, {}, { 'last-event-id': position });
      expect(await first.ended).toBe('end');
      const again = await stream(key, {}, { 'last-event-id': position });
      await again.ended;
      expect(again.text).toBe(first.text);
      expect(contentOf(again.events)).toBe('a');
    }
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
    const gate = provider.gate();
    provider.reply([role(), text('a'), gate, finish(), usage(), done()]);
    const busy = await stream(newKey());
    const session = { session_id: busy.headers['x-session-id'] };
    await busy.event(0);
    const key = newKey();
    for (const [status, body, headers] of [
      [400, { model: 'gpt-9' }, {}],
      [400, { temperature: 3 }, {}],
      [400, {}, { 'last-event-id': '3' }],
      [404, { agent: 'nobody' }, {}],
      [404, { session_id: 'nobody' }, {}],
      [409, session, {}],
      [503, { model: 'keyless-model' }, {}],
    ] as const) {
      expect((await post(key, body, headers)).status).toBe(status);
    }
    gate.open();
    await busy.ended;
    provider.reply(answer('a'));
    expect((await post(key, session)).status).toBe(200);
  });

  it('joins the run that keeps its session busy, instead of being refused for it', async () => {
    const { session_id: session } = await ended(newKey());
    const gate = provider.gate();
    provider.reply([role(), text('a'), gate, text('b'), finish(), usage(), done()]);
    const key = newKey();
    const body = { message: 'And?', session_id: session };
    const first = post(key, body);
    await gate.reached;
    const second = post(key, body);
    const third = await stream(key, body);
    await third.event(0);
    gate.open();
    await third.ended;
    expect((await first).status).toBe(200);
    expect((await second).body).toBe((await first).body);
    expect(contentOf(third.events)).toBe('ab');
  });

  it('joins a run that waits for its turn', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('a'), gate, finish(), usage(), done()]);
    const busy = await stream(newKey());
    await busy.event(0);
    const key = newKey();
    const body = {
      message: 'And?',
      session_id: busy.headers['x-session-id'],
      on_busy: 'queue',
      background: true,
    };
    const queued = await post(key, body);
    expect(queued.json()).toMatchObject({ state: 'queued' });
    expect((await post(key, body)).body).toBe(queued.body);
    provider.reply(answer('c'));
    const reading = stream(key, { ...body, background: false });
    gate.open();
    await (
      await reading
    ).ended;
    expect(contentOf((await reading).events)).toBe('c');
  });

  it('replays a run that was cancelled: it is not asked for again', async () => {
    const asked = provider.requests.length;
    const gate = provider.gate();
    provider.reply([role(), text('partial'), gate]);
    const key = newKey();
    const first = await stream(key);
    await first.event(0);
    const id = String(first.headers['x-run-id']);
    await request(`${service.url}/api/v1/runs/${id}/cancel`, { method: 'POST' });
    await first.ended;
    const again = await stream(key);
    await again.ended;
    expect(again.text).toBe(first.text);
    expect((await post(key)).json()).toMatchObject({
      run_id: id,
      message: { content: 'partial' },
      finish_reason: 'cancelled',
    });
    expect(provider.requests).toHaveLength(asked + 1);
  });

  it('may be repeated once the run is no longer kept', async () => {
    const forgetful = await startService({ provider, env: { RUN_RETENTION: '10ms' } });
    try {
      const sent = { body: { message: 'Hi' }, headers: { 'idempotency-key': newKey() } };
      provider.reply(answer('a')).reply(answer('b'));
      const first = await request(`${forgetful.url}/api/v1/chat`, sent);
      await forgetful.log.until(({ msg }) => msg === 'finished runs swept');
      const second = await request(`${forgetful.url}/api/v1/chat`, sent);
      expect(second.json()).toMatchObject({ message: { content: 'b' } });
      expect(second.json()['run_id']).not.toBe(first.json()['run_id']);
    } finally {
      await forgetful.close();
    }
  });

  describe('where all places are taken', () => {
    it('joins its run; a new one finds no place, or its session busy', async () => {
      const full = await startService({ provider, env: { MAX_ACTIVE_RUNS: '1' } });
      const gate = provider.gate();
      try {
        provider.reply([role(), text('a'), gate, text('b'), finish(), usage(), done()]);
        const ask = (key: string, body: object = {}) =>
          request(`${full.url}/api/v1/chat`, {
            body: { message: 'Hi', ...body },
            headers: { 'idempotency-key': key },
          });
        const key = newKey();
        const running = await ask(key, { background: true });
        const { 'x-run-id': id, 'x-session-id': session } = running.headers;
        await gate.reached;
        expect((await ask(key, { background: true })).headers['x-run-id']).toBe(id);
        expect((await ask(key, { message: 'Ho' })).json()).toMatchObject({
          code: 'idempotency_conflict',
        });

        const other = newKey();
        expect((await ask(other)).json()).toMatchObject({ status: 503, code: 'overloaded' });
        const busy = await ask(other, { session_id: session });
        expect(busy.json()).toMatchObject({ status: 409, code: 'session_busy', run_id: id });
        const queued = await ask(other, { session_id: session, on_busy: 'queue' });
        expect(queued.json()).toMatchObject({ status: 503, code: 'overloaded' });
        expect(queued.headers['retry-after']).toBe('1');

        const whole = ask(key);
        gate.open();
        expect((await whole).json()).toMatchObject({ run_id: id, message: { content: 'ab' } });
        provider.reply(answer('c'));
        expect((await ask(other, { session_id: session })).status).toBe(200);
      } finally {
        await full.close();
      }
    });
  });

  it('is one run, however often its provider is called for it', async () => {
    const asked = provider.requests.length;
    const [failing, answering] = [provider.gate(), provider.gate()];
    provider.reply([failing, httpError(503)]);
    provider.reply([role(), text('Hel'), drop()]);
    provider.reply([role(), answering, text('lo'), finish(), usage(), done()]);
    const key = newKey();
    const first = post(key);
    await failing.reached;
    const second = stream(key);
    failing.open();
    await answering.reached;
    const third = post(key);
    answering.open();
    expect((await first).json()).toMatchObject({ message: { content: 'Hello' }, attempts: 3 });
    expect((await third).body).toBe((await first).body);
    const streamed = await second;
    expect(await streamed.ended).toBe('end');
    expect(contentOf(streamed.events)).toBe('Hello');
    expect(streamed.headers['x-run-id']).toBe((await first).headers['x-run-id']);
    expect(provider.requests).toHaveLength(asked + 3);
  });

  describe('whose run has failed', () => {
    let once: RunningService;
    /** Asks a service that calls its provider once for a run. */
    const ask = (key: string) =>
      request(`${once.url}/api/v1/chat`, {
        body: { message: 'Hi' },
        headers: { 'idempotency-key': key },
      });

    beforeAll(async () => {
      const env = { RETRY_BUDGET: '0', MAX_CONTINUATIONS: '0' };
      once = await startService({ provider, env });
    });
    afterAll(() => once.close());

    it('may be repeated where it may pass, before any text', async () => {
      provider.reply(httpError(503));
      const key = newKey();
      const failed = await ask(key);
      expect(failed.status).toBe(503);
      provider.reply(answer('a'));
      const repeated = await ask(key);
      expect(repeated.status).toBe(200);
      expect(repeated.json()['run_id']).not.toBe(failed.json()['run_id']);
    });

    it('may be repeated after reasoning alone, which is no text', async () => {
      provider.reply([role(), reasoning('hm'), drop()]).reply(answer('a'));
      const key = newKey();
      const failed = await openStream(`${once.url}/api/v1/chat`, {
        body: { message: 'Hi', stream: true },
        headers: { 'idempotency-key': key },
      });
      await failed.ended;
      expect(failed.events.at(-1)!.json()).toMatchObject({ error: { retryable: true } });
      expect((await ask(key)).json()).toMatchObject({ message: { content: 'a' } });
    });

    it('gets the same failure again where it would not pass, or text had come', async () => {
      const final = newKey();
      provider.reply(httpError(401));
      const first = await ask(final);
      expect(first.status).toBe(502);
      const again = await ask(final);
      expect(again.status).toBe(502);
      expect(again.json()['run_id']).toBe(first.json()['run_id']);

      const partial = newKey();
      provider.reply([role(), text('Hel'), drop()]);
      const cut = await ask(partial);
      expect(cut.json()).toMatchObject({ status: 503, partial: 'Hel', retryable: true });
      expect((await ask(partial)).json()['run_id']).toBe(cut.json()['run_id']);
    });
  });
});
