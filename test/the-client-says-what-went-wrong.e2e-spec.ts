import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  AgnoClient,
  AgnoError,
  ProblemError,
  RunFailedError,
  StreamLostError,
  UnexpectedAnswerError,
  UnreachableError,
  type ClientOptions,
  type ConnectionChange,
  type StreamEvent,
} from '../client/src/index.js';
import { freePort } from './support/free-port.js';
import { answer, done, errorChunk, finish, role, text, usage } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';
import { UnrulyProxy, type Mischief } from './support/unruly-proxy.js';

const HELLO = { message: 'Hi' };
const NOBODY = 'ffffffff-ffff-7fff-8fff-ffffffffffff';

let provider: ScriptedProvider;
let service: RunningService;
let proxy: UnrulyProxy;
const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);

beforeAll(async () => {
  process.on('unhandledRejection', note);
  provider = await ScriptedProvider.start();
  service = await startService({ provider });
});
afterAll(async () => {
  await service.close();
  await provider.close();
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});
beforeEach(async () => {
  proxy = await UnrulyProxy.start(service.url);
});
afterEach(() => proxy.close());

function clientOf(options: ClientOptions = {}): AgnoClient {
  return new AgnoClient({ baseUrl: proxy.url, ...options });
}

/** What the two ways to ask come to. */
const bothWays = (client: AgnoClient): Promise<unknown>[] => [
  client.stream(HELLO).text(),
  client.chat(HELLO),
];

const settled = (promises: Promise<unknown>[]) =>
  Promise.all(
    promises.map((promise) =>
      promise.then(
        () => undefined,
        (error: unknown) => error,
      ),
    ),
  );

function problem(status: number, code: string, headers: Record<string, string> = {}): Mischief {
  const type = { 'Content-Type': 'application/problem+json' };
  const body = JSON.stringify({ type: 'about:blank', title: code, detail: code, status, code });
  return { instead: { status, headers: { ...type, ...headers }, body } };
}

describe('at first contact', () => {
  it('a service that is away is unreachable, at once', async () => {
    const baseUrl = `http://127.0.0.1:${await freePort()}`;
    const client = new AgnoClient({ baseUrl });
    for (const error of await settled([...bothWays(client), client.models.list()])) {
      expect(error).toBeInstanceOf(UnreachableError);
      expect(error).toMatchObject({ url: baseUrl, message: `Nothing answers at ${baseUrl}` });
    }
  });

  it.each<[string, Mischief['instead'] & object]>([
    [
      'a page',
      { status: 200, headers: { 'Content-Type': 'text/html' }, body: '<h1>It works!</h1>' },
    ],
    ['a page that is not there', { status: 404, headers: { 'Content-Type': 'text/html' } }],
    ['nothing', { status: 204 }],
    [
      'an error of another service',
      { status: 404, headers: { 'Content-Type': 'application/json' }, body: '{}' },
    ],
  ])('%s is not this service', async (_, instead) => {
    proxy.always = { instead };
    const [stream, chat] = await settled(bothWays(clientOf()));
    expect(stream).toBeInstanceOf(UnexpectedAnswerError);
    expect(stream).toMatchObject({ status: instead.status });
    expect(chat).toBeInstanceOf(UnexpectedAnswerError);
  });

  it('JSON of another service is not an answer', async () => {
    proxy.always = {
      instead: {
        status: 200,
        headers: { 'Content-Type': 'application/json' },
        body: '{"ok":true}',
      },
    };
    for (const error of await settled(bothWays(clientOf()))) {
      expect(error).toBeInstanceOf(UnexpectedAnswerError);
    }
  });

  it('a refusal is the problem that the service tells', async () => {
    const asking = { message: 'Hi', model: 'nobody/nothing' };
    const client = clientOf();
    const errors = await settled([client.stream(asking).text(), client.chat(asking)]);
    for (const error of errors) {
      expect(error).toBeInstanceOf(ProblemError);
      expect(error).toMatchObject({ status: 400, code: 'model_not_found' });
    }
    await expect(client.resume(NOBODY).text()).rejects.toMatchObject({ code: 'run_not_found' });
    await expect(client.runs.get(NOBODY)).rejects.toMatchObject({ code: 'run_not_found' });
  });

  it('a service that is stopping is not waited for: nothing has been started', async () => {
    proxy.plan(problem(503, 'shutting_down', { 'Retry-After': '7' }));
    await expect(clientOf().stream(HELLO).text()).rejects.toMatchObject({
      code: 'shutting_down',
      retryAfter: 7000,
    });
  });
});

describe('after a cut', () => {
  it('waits as long as the service asks for', async () => {
    provider.reply(answer('Hello', ' there'));
    proxy.plan({ bytes: 90 }, problem(503, 'shutting_down', { 'Retry-After': '1' }));
    const waits: ConnectionChange[] = [];
    const stream = clientOf().stream(HELLO, {
      onConnection: (change) => void (change.state === 'waiting' && waits.push(change)),
    });
    await expect(stream.text()).resolves.toBe('Hello there');
    expect(waits[1]!.retryIn).toBeGreaterThanOrEqual(1000);
  });

  it('waits as long as `retry:` said', async () => {
    provider.reply(answer('Hello', ' there'));
    proxy.plan({ prefix: 'retry: 700\n\n', bytes: 90 });
    const waits: ConnectionChange[] = [];
    const stream = clientOf().stream(HELLO, {
      onConnection: (change) => void (change.state === 'waiting' && waits.push(change)),
    });
    await expect(stream.text()).resolves.toBe('Hello there');
    expect(waits.map(({ retryIn }) => retryIn! >= 700)).toEqual([true]);
  });

  it.each([
    [410, 'run_expired'],
    [404, 'run_not_found'],
    [400, 'position_invalid'],
  ])('%d is the end: %s', async (status, code) => {
    provider.reply(answer('Hello', ' there'));
    proxy.plan({ bytes: 90 }, problem(status, code));
    const error = await settled([clientOf().stream(HELLO).text()]);
    expect(error).toEqual([expect.any(ProblemError)]);
    expect(error[0]).toMatchObject({ status, code });
  });

  it.each<[string, Mischief]>([
    ['ends without an event', { bytes: 0, then: 'end' }],
    ['brings again what was seen, and breaks', { bytes: 0 }],
    ['takes requests and never answers', { hangs: true }],
    ['opens and says nothing', { bytes: 0, then: 'silence' }],
    [
      'has a page in its place',
      { instead: { status: 502, headers: { 'Content-Type': 'text/html' } } },
    ],
  ])('a network that %s again and again is given up', async (_, mischief) => {
    provider.reply(answer('Hello', ' there'));
    proxy.plan({ bytes: 90 });
    proxy.always = mischief;
    const stream = clientOf({ giveUpAfter: 300, heartbeatTimeout: 100 }).stream(HELLO);
    const [error] = await settled([stream.text()]);
    expect(error).toBeInstanceOf(StreamLostError);
    expect(error).toMatchObject({ runId: stream.runId, position: 1 });
  });

  it('a network that repeats events for ever is given up', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('Hello'), gate, finish(), usage(), done()]);
    const repeated = 'id: 1\ndata: {"content":"Hello","done":false,"model":"test-model"}\n\n';
    const headers = { 'Content-Type': 'text/event-stream' };
    // The first event, to its end.
    proxy.plan({ bytes: 1 + repeated.length });
    proxy.always = { instead: { status: 200, headers, body: repeated } };
    const dropped: StreamEvent[] = [];
    const stream = clientOf({ giveUpAfter: 400 }).stream(HELLO, {
      onEvent: (event) => void (event.dropped && dropped.push(event)),
    });
    const [error] = await settled([stream.text()]);
    gate.open();
    expect(error).toBeInstanceOf(StreamLostError);
    expect(dropped.length).toBeGreaterThan(0);
  });

  it('a whole answer that never comes through is given up', async () => {
    provider.always(answer('Hello'));
    proxy.always = { bytes: 10 };
    const [error] = await settled([clientOf({ giveUpAfter: 300 }).chat(HELLO)]);
    expect(error).toBeInstanceOf(StreamLostError);
  });
});

describe('a run that fails', () => {
  it('ends with a chunk in the loop, and with an error for its text', async () => {
    provider.always([role(), text('Half'), errorChunk()]);
    const client = clientOf();
    const stream = client.stream(HELLO);
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.at(-1)).toMatchObject({ done: true, finish_reason: 'error' });
    const [error] = await settled([client.resume(stream.runId!).text()]);
    expect(error).toBeInstanceOf(RunFailedError);
    expect(error).toMatchObject({ runId: stream.runId, partial: expect.stringContaining('Half') });
    await expect(stream.final()).rejects.toBeInstanceOf(RunFailedError);
  });
});

describe('whoever reads', () => {
  /** An answer that says a word and then waits. */
  function waiting() {
    const gate = provider.gate();
    provider.reply([role(), text('Hello'), gate, text(' there'), finish(), usage(), done()]);
    return gate;
  }

  it('may leave the loop: its connection is closed, the run goes on', async () => {
    const gate = waiting();
    const stream = clientOf().stream(HELLO);
    for await (const chunk of stream) if (chunk.content !== '') break;
    await proxy.quiet();
    gate.open();
    await expect(clientOf().resume(stream.runId!).text()).resolves.toBe('Hello there');
  });

  it('may leave while the next chunk is waited for', async () => {
    const gate = waiting();
    const chunks = clientOf().stream(HELLO)[Symbol.asyncIterator]();
    await chunks.next();
    const next = chunks.next();
    await chunks.return!();
    await expect(next).resolves.toEqual({ value: undefined, done: true });
    await proxy.quiet();
    gate.open();
  });

  it('may leave between two connections', async () => {
    waiting().open();
    proxy.plan({ bytes: 90 }, problem(503, 'shutting_down', { 'Retry-After': '30' }));
    let waits = 0;
    let isWaiting: () => void;
    const waited = new Promise<void>((resolve) => (isWaiting = resolve));
    const stream = clientOf().stream(HELLO, {
      onConnection: ({ state }) => void (state === 'waiting' && ++waits === 2 && isWaiting()),
    });
    const chunks = stream[Symbol.asyncIterator]();
    await chunks.next();
    const next = chunks.next();
    await waited;
    await chunks.return!();
    await expect(next).resolves.toMatchObject({ done: true });
  });

  it('may abort: before, while it reads, and between two connections', async () => {
    const reason = new Error('Enough');
    const client = clientOf();
    const aborted = { signal: AbortSignal.abort(reason) };
    expect(
      await settled([client.stream(HELLO, aborted).text(), client.chat(HELLO, aborted)]),
    ).toEqual([reason, reason]);
    expect(proxy.requests.items).toEqual([]);

    const gate = waiting();
    const reading = new AbortController();
    const seen: string[] = [];
    const read = async () => {
      for await (const { content } of client.stream(HELLO, { signal: reading.signal })) {
        seen.push(content);
        reading.abort(reason);
      }
    };
    expect(await settled([read()])).toEqual([reason]);
    expect(seen).toEqual(['Hello']);
    gate.open();

    waiting().open();
    proxy.plan({ bytes: 90 }, problem(503, 'shutting_down', { 'Retry-After': '30' }));
    const between = new AbortController();
    const stream = client.stream(HELLO, {
      signal: between.signal,
      onConnection: ({ retryIn = 0 }) => void (retryIn > 20_000 && between.abort(reason)),
    });
    expect(await settled([stream.text()])).toEqual([reason]);
  });

  it('cancels the run: it ends so for its reader, too', async () => {
    const gate = waiting();
    const stream = clientOf().stream(HELLO);
    let cancelling: Promise<unknown> | undefined;
    for await (const { content } of stream) {
      if (content === 'Hello') cancelling = stream.cancel();
    }
    await expect(cancelling).resolves.toMatchObject({ state: 'cancelled', text: 'Hello' });
    expect(stream.last?.finish_reason).toBe('cancelled');
    gate.open();
  });

  it('cancels a run whose first word is still to come', async () => {
    const gate = provider.gate();
    provider.reply([gate, role(), text('Hello'), finish(), usage(), done()]);
    const stream = clientOf().stream(HELLO);
    const whole = settled([stream.text()]);
    await gate.reached;
    expect(stream.runId).toBeUndefined();
    await expect(stream.cancel()).resolves.toMatchObject({ state: 'cancelled', text: '' });
    await whole;
    gate.open();
  });

  it('starts nothing where it cancels before it reads', async () => {
    const stream = clientOf().stream(HELLO);
    await expect(stream.cancel()).resolves.toBeUndefined();
    await expect(stream.text()).resolves.toBe('');
    expect(proxy.requests.items).toEqual([]);
  });

  it('reads a stream once', async () => {
    provider.reply(answer('Hello'));
    const stream = clientOf().stream(HELLO);
    await stream.text();
    const [error] = await settled([stream.text()]);
    expect(error).toBeInstanceOf(AgnoError);
    expect(error).toMatchObject({ message: 'A stream is read once: it is being read already' });
    await expect(stream.final()).resolves.toMatchObject({ finish_reason: 'stop' });
  });

  it.each(['onEvent', 'onResponse', 'onConnection'])(
    'gets the error that its own %s throws, and the connection is closed',
    async (name) => {
      provider.reply(answer('Hello'));
      const mistake = new Error('A mistake');
      const observer = {
        [name]: () => {
          throw mistake;
        },
      };
      expect(await settled([clientOf().stream(HELLO, observer).text()])).toEqual([mistake]);
      await proxy.quiet();
    },
  );
});

describe('a document', () => {
  let broken: Server;
  beforeAll(async () => {
    broken = createServer((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' });
      response.write('{"data":[', () => response.destroy());
    });
    await once(broken.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => void broken.close());

  it('that breaks off is an error of the client’s own', async () => {
    const { port } = broken.address() as AddressInfo;
    const client = new AgnoClient({ baseUrl: `http://127.0.0.1:${port}` });
    for (const error of await settled([client.models.list(), client.health()])) {
      expect(error).toBeInstanceOf(AgnoError);
      expect(error).toMatchObject({ message: `The answer of ${client.baseUrl} broke off` });
    }
  });
});
