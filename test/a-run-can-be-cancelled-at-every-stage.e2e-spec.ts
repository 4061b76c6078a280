import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Lifecycle } from '../src/http/lifecycle.js';
import { RunStore } from '../src/runs/run-store.js';
import { RunWorker } from '../src/runs/run-worker.js';
import { SessionStore } from '../src/sessions/session-store.js';
import { StorageUnavailableError } from '../src/storage/storage-errors.js';
import { modelsFor } from './support/config-dir.js';
import { openStream, request, type Answer } from './support/http-client.js';
import { chunksOf, contentOf } from './support/native-chunks.js';
import type { OpenStream } from './support/open-stream.js';
import {
  drop,
  headers,
  httpError,
  rateLimited,
  stall,
  together,
} from './support/provider/faults.js';
import type { Script } from './support/provider/script.js';
import {
  answer,
  done,
  finish,
  reasoning,
  role,
  text,
  toolCall,
  usage,
} from './support/provider/steps.js';
import { RawConnection, rawRequest } from './support/raw-http.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

describe('cancelling a run', () => {
  let provider: ScriptedProvider;
  let service: RunningService;
  let chat: string;
  let keys = 0;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    service = await startService({ provider, env: { RETRY_BUDGET: '10m' } });
    chat = `${service.url}/api/v1/chat`;
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  afterAll(async () => {
    await service.close();
    await provider.close();
  });

  const placeOf = (id: string) => `${service.url}/api/v1/runs/${id}`;
  const cancel = (id: string, options: { body?: unknown; headers?: Record<string, string> } = {}) =>
    request(`${placeOf(id)}/cancel`, { method: 'POST', ...options });
  const newKey = () => ({ 'idempotency-key': `cancelled-${(keys += 1)}` });

  /** A run in the background. */
  async function begin(body: object = {}, sent = {}): Promise<{ id: string; session: string }> {
    const accepted = await request(chat, {
      body: { message: 'Hi', background: true, ...body },
      headers: sent,
    });
    expect(accepted.status).toBe(202);
    const { 'x-run-id': id, 'x-session-id': session } = accepted.headers;
    return { id: String(id), session: String(session) };
  }

  function expectCancelled(reading: OpenStream, said: string): void {
    expect(contentOf(reading.events)).toBe(said);
    const ends = chunksOf(reading.events).filter((chunk) => chunk.done);
    expect(ends).toEqual([expect.objectContaining({ finish_reason: 'cancelled' })]);
    expect(reading.events.at(-1)!.json()).toEqual(ends[0]);
  }

  interface Stage {
    /** What the provider says before it falls silent for ever. */
    script: Script;
    /** How many chunks readers have when the run is cancelled. */
    chunks: number;
    text: string;
    usage: object;
  }
  const estimated = (output: number) => ({
    input_tokens: expect.any(Number),
    output_tokens: output,
    total_tokens: expect.any(Number),
    estimated: true,
  });

  const STAGES: Record<string, Stage> = {
    'before the provider answers at all': {
      script: [],
      chunks: 0,
      text: '',
      usage: estimated(0),
    },
    'before the first token': {
      script: [headers(), role()],
      chunks: 0,
      text: '',
      usage: estimated(0),
    },
    'in reasoning': {
      script: [role(), reasoning('hm')],
      chunks: 1,
      text: '',
      usage: estimated(1),
    },
    'between tokens': {
      script: [role(), text('partial')],
      chunks: 1,
      text: 'partial',
      usage: estimated(1),
    },
    'in the arguments of a tool call': {
      script: [
        role(),
        together(text('See: '), toolCall({ id: 'call_1', name: 'add', arguments: ['{"a":', '1'] })),
      ],
      chunks: 2,
      text: 'See: ',
      usage: estimated(6),
    },
    'after the last token, before the usage': {
      script: [role(), together(text('whole'), finish())],
      chunks: 1,
      text: 'whole',
      usage: estimated(1),
    },
    'after the usage, before the end': {
      script: [role(), together(text('whole'), finish(), usage())],
      chunks: 1,
      text: 'whole',
      usage: { input_tokens: 10, output_tokens: 1, total_tokens: 11 },
    },
  };

  it.each(Object.entries(STAGES))(
    '%s closes the silent provider’s socket, keeps what there is, and tells all who watch',
    async (_, stage) => {
      const silence = provider.gate();
      provider.reply([stage.script, silence]);
      const key = newKey();
      const { id } = await begin({}, key);
      await silence.reached;
      const exchange = provider.requests.at(-1)!;
      const follower = await openStream(`${placeOf(id)}/stream`);
      if (stage.chunks > 0) await follower.event(stage.chunks - 1);
      const document = request(chat, { body: { message: 'Hi' }, headers: key });
      const stream = openStream(chat, { body: { message: 'Hi', stream: true }, headers: key });

      const cancelled = await cancel(id);
      expect(await exchange.closed).toBe('left');
      expect(cancelled.status).toBe(200);
      expect(cancelled.json()).toMatchObject({
        run_id: id,
        state: 'cancelled',
        text: stage.text,
        usage: stage.usage,
        finish_reason: 'cancelled',
        error: null,
        finished_at: expect.stringMatching(/Z$/),
      });

      expect(await follower.ended).toBe('end');
      expectCancelled(follower, stage.text);
      expect((await document).status).toBe(200);
      expect((await document).json()).toMatchObject({
        message: { content: stage.text },
        finish_reason: 'cancelled',
        usage: stage.usage,
      });
      expect(await (await stream).ended).toBe('end');
      expect((await stream).text).toBe(follower.text);

      expect((await cancel(id)).body).toBe(cancelled.body);
      expect((await request(placeOf(id))).body).toBe(cancelled.body);
    },
  );

  it('before the provider is connected gives the connection up', async () => {
    const sockets: Socket[] = [];
    // It takes the connection and never answers the handshake.
    const mute = createServer((socket) => sockets.push(socket.resume()));
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const models = modelsFor(`https://127.0.0.1:${(mute.address() as AddressInfo).port}/v1`);
    const connecting = await startService({ modelsYaml: models });
    try {
      const connected = once(mute, 'connection');
      const reading = openStream(`${connecting.url}/api/v1/chat`, {
        body: { message: 'Hi', stream: true },
      });
      await connected;
      const closed = once(sockets[0]!, 'close');
      const [{ run_id: id }] = (await request(`${connecting.url}/api/v1/runs?state=running`)).json<{
        data: [{ run_id: string }];
      }>().data;
      const answered = await request(`${connecting.url}/api/v1/runs/${id}/cancel`, {
        method: 'POST',
      });
      expect(answered.json()).toMatchObject({ state: 'cancelled', text: '', error: null });
      await closed;
      expect(await (await reading).ended).toBe('end');
      expectCancelled(await reading, '');
    } finally {
      await connecting.close();
      mute.close();
    }
  });

  it.each<[string, Script[], string]>([
    ['before it has said anything', [], ''],
    ['in the middle of its text', [[role(), text('partial'), drop()]], 'partial'],
  ])('while its provider is waited for, %s, asks it no more', async (_, before, said) => {
    for (const script of before) provider.reply(script);
    provider.reply(rateLimited(300));
    const { id } = await begin();
    await service.log.until(
      (line) => line['run_id'] === id && line['code'] === 'provider_rate_limited',
    );
    const asked = provider.requests.length;
    const follower = await openStream(`${placeOf(id)}/stream`);
    const cancelled = await cancel(id);
    expect(cancelled.json()).toMatchObject({ state: 'cancelled', text: said, error: null });
    expect(await follower.ended).toBe('end');
    expectCancelled(follower, said);
    expect(follower.events.at(-1)!.json()).toMatchObject({ attempts: before.length + 1 });
    expect(provider.requests).toHaveLength(asked);
    expect((await request(placeOf(id))).body).toBe(cancelled.body);
  });

  it('before its work begins asks no provider, now or later', async () => {
    const asked = provider.requests.length;
    const sessions = service.app.get(SessionStore);
    const create = sessions.create.bind(sessions);
    const blocked = Promise.withResolvers<void>();
    const admitted = Promise.withResolvers<void>();
    jest.spyOn(sessions, 'create').mockImplementationOnce(async (session) => {
      admitted.resolve();
      await blocked.promise;
      return create(session);
    });
    const answering = request(chat, { body: { message: 'Hi' } });
    await admitted.promise;
    const { data } = (await request(`${service.url}/api/v1/runs?state=running`)).json<{
      data: { run_id: string }[];
    }>();
    expect(data).toHaveLength(1);
    const cancelled = await cancel(data[0]!.run_id);
    expect(cancelled.json()).toMatchObject({ state: 'cancelled', text: '' });
    blocked.resolve();
    const answered = await answering;
    expect(answered.status).toBe(200);
    expect(answered.json()).toMatchObject({
      run_id: data[0]!.run_id,
      message: { content: '' },
      finish_reason: 'cancelled',
    });
    expect(provider.requests).toHaveLength(asked);
  });

  it('while it is queued takes it out of the queue; the others keep their order', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('first'), gate, finish(), usage(), done()]);
    const first = await begin();
    await gate.reached;
    const queue = { session_id: first.session, on_busy: 'queue' };
    const second = await begin({ ...queue, message: 'never asked' });
    const third = await begin({ ...queue, message: 'asked after the first' });
    const follower = await openStream(`${placeOf(second.id)}/stream`);

    const cancelled = await cancel(second.id);
    expect(cancelled.json()).toMatchObject({ state: 'cancelled', text: '', error: null });
    expect(await follower.ended).toBe('end');
    expectCancelled(follower, '');
    expect((await request(placeOf(third.id))).json()).toMatchObject({ state: 'queued' });
    expect((await request(placeOf(first.id))).json()).toMatchObject({ state: 'running' });

    provider.reply(answer('third'));
    const rest = await openStream(`${placeOf(third.id)}/stream`);
    gate.open();
    expect(await rest.ended).toBe('end');
    expect(contentOf(rest.events)).toBe('third');
    expect(provider.requests.at(-1)!.body.messages.map(({ content }) => content)).toEqual([
      expect.any(String),
      'Hi',
      'first',
      'asked after the first',
    ]);
    expect((await cancel(second.id)).body).toBe(cancelled.body);
  });

  it('lets the next message of the session begin, which is told what had been said', async () => {
    provider.reply([role(), text('partial'), stall()]);
    const first = await begin();
    const follower = await openStream(`${placeOf(first.id)}/stream`);
    await follower.event(0);
    const next = await begin({ message: 'And?', session_id: first.session, on_busy: 'queue' });
    provider.reply(answer('more'));
    await cancel(first.id);
    const rest = await openStream(`${placeOf(next.id)}/stream`);
    await rest.ended;
    expect(contentOf(rest.events)).toBe('more');
    expect(provider.requests.at(-1)!.body.messages.map(({ content }) => content)).toEqual([
      expect.any(String),
      'Hi',
      'partial',
      'And?',
    ]);
    provider.reply(answer('free'));
    const free = { message: 'Now?', session_id: first.session };
    expect((await request(chat, { body: free })).status).toBe(200);
  });

  it('many times at once gives all the same answer, and the run one end', async () => {
    provider.reply([role(), text('partial'), stall()]);
    const { id } = await begin();
    const follower = await openStream(`${placeOf(id)}/stream`);
    await follower.event(0);
    const answers = await Promise.all(Array.from({ length: 20 }, () => cancel(id)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    await follower.ended;
    expectCancelled(follower, 'partial');
  });

  it('after its end changes nothing, however it had ended', async () => {
    provider.reply(answer('whole')).reply(httpError(401));
    const completed = await request(chat, { body: { message: 'Hi' } });
    const failed = await request(chat, { body: { message: 'Hi' } });
    for (const [ended, state] of [
      [completed, 'completed'],
      [failed, 'failed'],
    ] as const) {
      const id = ended.json<{ run_id: string }>().run_id;
      const before = await request(placeOf(id));
      expect(before.json()).toMatchObject({ state });
      const answered = await cancel(id);
      expect(answered.status).toBe(200);
      expect(answered.body).toBe(before.body);
      expect((await request(placeOf(id))).body).toBe(before.body);
    }
  });

  describe('as a request', () => {
    /** Cancels a run that has ended: what is sent beside the id is all that counts. */
    async function ended(): Promise<string> {
      provider.reply(answer('a'));
      return (await request(chat, { body: { message: 'Hi' } })).json<{ run_id: string }>().run_id;
    }

    it('needs no body, no length and no type', async () => {
      const id = await ended();
      const { host } = new URL(service.url);
      const connection = await RawConnection.open(service.url);
      // As `curl -X POST` sends it.
      const head = [`POST /api/v1/runs/${id}/cancel HTTP/1.1`, `Host: ${host}`, 'Accept: */*'];
      const answered = await connection.write(rawRequest(head)).answer();
      connection.close();
      expect(answered.status).toBe(200);
    });

    it.each(['{}', '{"reason":"too slow"}', 'null', '[]', '""', ''])(
      'may have the body %s, which is passed over',
      async (body) => {
        const id = await ended();
        const sent = { body, headers: { 'content-type': 'application/json' } };
        const answered = await cancel(id, sent);
        expect(answered.json()).toMatchObject({ run_id: id, state: 'completed' });
      },
    );

    it('is refused with a body that is no JSON, as everywhere', async () => {
      const id = await ended();
      const refused = await cancel(id, {
        body: '{',
        headers: { 'content-type': 'application/json' },
      });
      expect(refused.json()).toMatchObject({ status: 400, code: 'malformed_json' });
    });

    it('finds no run under ids that are unknown or no ids', async () => {
      for (const id of [
        'x',
        '0198C2A4-7D3E-7C55-9F0A-2B1F6C1D9E21',
        `${'f'.repeat(8)}-ffff-7fff-8fff-${'f'.repeat(12)}`,
      ]) {
        const refused = await cancel(id);
        expect(refused.json()).toMatchObject({ status: 404, code: 'run_not_found' });
      }
    });

    it('is told that a run is no longer kept', async () => {
      const forgetful = await startService({ provider, env: { RUN_RETENTION: '10ms' } });
      try {
        provider.reply(answer('a'));
        const gone = await request(`${forgetful.url}/api/v1/chat`, { body: { message: 'Hi' } });
        await forgetful.log.until(({ msg }) => msg === 'finished runs swept');
        const refused = await request(
          `${forgetful.url}/api/v1/runs/${String(gone.headers['x-run-id'])}/cancel`,
          { method: 'POST' },
        );
        expect(refused.json()).toMatchObject({ status: 410, code: 'run_expired' });
      } finally {
        await forgetful.close();
      }
    });
  });

  describe('that cannot be settled', () => {
    /** Cancels a run of a service of its own, which another owner is left to go on with. */
    async function refusal(prevent: (own: RunningService) => void): Promise<Answer> {
      const own = await startService({ provider, env: { SHUTDOWN_GRACE: '0s' } });
      try {
        provider.reply([role(), text('partial'), stall()]);
        const run = await openStream(`${own.url}/api/v1/chat`, {
          body: { message: 'Hi', stream: true },
        });
        await run.event(0);
        const exchange = provider.requests.at(-1)!;
        prevent(own);
        const place = `${own.url}/api/v1/runs/${String(run.headers['x-run-id'])}`;
        const refused = await request(`${place}/cancel`, { method: 'POST' });
        expect(await exchange.closed).toBe('left');
        run.cut();
        return refused;
      } finally {
        await own.close();
      }
    }

    it('says that the storage is not there: it is not cancelled for good', async () => {
      const refused = await refusal(({ app }) => {
        jest.spyOn(app.get(RunStore), 'settle').mockRejectedValue(new StorageUnavailableError());
      });
      expect(refused.status).toBe(503);
      expect(refused.headers['retry-after']).toBe('5');
      expect(refused.json()).toMatchObject({ code: 'storage_unavailable' });
    });

    it('says that the process stops, where it had left the run already', async () => {
      const refused = await refusal(({ app }) => {
        const store = app.get(RunStore);
        const get = store.get.bind(store);
        jest.spyOn(store, 'get').mockImplementationOnce(async (key) => {
          const run = await get(key);
          app.get(Lifecycle).onModuleDestroy();
          await app.get(RunWorker).beforeApplicationShutdown();
          return run;
        });
      });
      expect(refused.status).toBe(503);
      expect(refused.headers['retry-after']).toBe('1');
      expect(refused.json()).toMatchObject({ code: 'shutting_down' });
    });
  });
});
