import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AnswerStream } from '../client/src/index.js';
import {
  AgnoClient,
  type Chunk,
  type ClientOptions,
  type StreamEvent,
} from '../client/src/index.js';
import { answer, done, finish, role, text, usage } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';
import { UnrulyProxy, type Mischief } from './support/unruly-proxy.js';

const PIECES = ['Grüße', ' an', ' 👩‍🔬', ' and', ' 한국', '.\r\n', 'data: no', '\n\nid: 7\n', ' end'];
const TEXT = PIECES.join('');
const HELLO = { message: 'Hi' };

let provider: ScriptedProvider;
let service: RunningService;
let proxy: UnrulyProxy;

beforeAll(async () => {
  provider = await ScriptedProvider.start();
  service = await startService({ provider });
});
afterAll(async () => {
  await service.close();
  await provider.close();
});
beforeEach(async () => {
  proxy = await UnrulyProxy.start(service.url);
});
afterEach(() => proxy.close());

function clientOf(options: ClientOptions = {}): AgnoClient {
  return new AgnoClient({ baseUrl: proxy.url, ...options });
}

async function chunksOf(stream: AnswerStream): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const textOf = (chunks: readonly Chunk[]) => chunks.map(({ content }) => content).join('');

/** What came over the wire in the proxy's requests: the ways of asking, in order. */
const asked = () => proxy.requests.items.map(({ method, path }) => `${method} ${shape(path)}`);
const shape = (path: string) => path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, '{id}');

describe('a stream', () => {
  it('is read to its last chunk, with all that it tells', async () => {
    provider.reply(answer(...PIECES));
    const stream = clientOf().stream(HELLO);
    const chunks = await chunksOf(stream);
    expect(textOf(chunks)).toBe(TEXT);
    expect(stream.last).toBe(chunks.at(-1));
    expect(stream.last).toMatchObject({
      finish_reason: 'stop',
      usage: { output_tokens: PIECES.length },
      run_id: stream.runId,
      session_id: stream.sessionId,
    });
  });

  it.each<[string, Mischief[]]>([
    ['breaks', [{ bytes: 200, then: 'break' }]],
    ['ends as if it were over', [{ bytes: 200, then: 'end' }]],
    ['ends after a whole event', [{ bytes: 75, then: 'end' }]],
    ['breaks again and again', [1, 60, 100, 75, 30].map((bytes) => ({ bytes, then: 'break' }))],
    ['is doubled', [{ doubles: true, bytes: 400 }, { doubles: true }]],
    ['comes byte by byte', [{ pieces: 1, bytes: 333 }, { pieces: 1 }]],
    ['never begins, though the service has the request', [{ cutsHead: true }]],
    [
      'breaks, and something else stands in for the service',
      [
        { bytes: 150 },
        {
          instead: { status: 502, headers: { 'Content-Type': 'text/html' }, body: '<h1>Bad</h1>' },
        },
        { instead: { status: 200, headers: { 'Content-Type': 'text/html' }, body: '<h1>Hi</h1>' } },
        { instead: { status: 204 } },
        {
          instead: {
            status: 503,
            headers: { 'Content-Type': 'application/problem+json' },
            body: '{"c',
          },
        },
      ],
    ],
  ])('that %s comes out whole, from one run', async (_, mischief) => {
    const before = provider.requests.length;
    provider.reply(answer(...PIECES));
    proxy.plan(...mischief);
    const stream = clientOf().stream(HELLO);
    expect(textOf(await chunksOf(stream))).toBe(TEXT);
    expect(stream.last?.finish_reason).toBe('stop');
    expect(provider.requests).toHaveLength(before + 1);
  });

  it('comes out whole whatever the network does to its bytes', async () => {
    const mischief = fc.record(
      {
        bytes: fc.integer({ min: 0, max: 700 }),
        then: fc.constantFrom<Mischief['then']>('break', 'end'),
        pieces: fc.integer({ min: 1, max: 40 }),
        doubles: fc.boolean(),
        cutsHead: fc.boolean(),
      },
      { requiredKeys: ['bytes'] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(mischief, { maxLength: 3 }), async (planned) => {
        provider.reply(answer(...PIECES));
        proxy.plan(...planned);
        const events: StreamEvent[] = [];
        const stream = clientOf().stream(HELLO, { onEvent: (event) => events.push(event) });
        await expect(stream.text()).resolves.toBe(TEXT);
        const passed = events.filter(({ dropped }) => !dropped).map(({ id }) => id);
        expect(passed).toEqual([...new Set(passed)].sort((a, b) => a - b));
        proxy.calm();
      }),
      { numRuns: 12 },
    );
  }, 60_000);

  it('asks for its run by its id once it is known, and for the request again before', async () => {
    provider.reply(answer(...PIECES));
    proxy.plan({ cutsHead: true }, { bytes: 160 });
    const key = 'one-and-the-same';
    await clientOf().stream(HELLO, { idempotencyKey: key }).text();
    expect(asked().filter((request) => !request.endsWith('/health/live'))).toEqual([
      'POST /api/v1/chat',
      'POST /api/v1/chat',
      'GET /api/v1/runs/{id}/stream',
    ]);
    const requests = proxy.requests.items.filter(({ path }) => !path.startsWith('/health'));
    expect(requests.map(({ headers }) => headers['idempotency-key'])).toEqual([
      key,
      key,
      undefined,
    ]);
    expect(Number(requests[2]!.headers['last-event-id'])).toBeGreaterThan(0);
  });

  it('notices a connection that died without a word, also one that is being made', async () => {
    provider.reply(answer(...PIECES));
    proxy.plan({ bytes: 160, then: 'silence' }, { hangs: true });
    await expect(clientOf({ heartbeatTimeout: 150 }).stream(HELLO).text()).resolves.toBe(TEXT);
  });

  it('is not lost by a service that says for long that it works', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('Let me think.'), gate, text(' Yes.'), finish(), usage(), done()]);
    // Each heartbeat is one of the service's; a proxy ends the connection after it.
    const beats = ': hb\n\n'.repeat(3);
    const states: string[] = [];
    const stream = clientOf({ giveUpAfter: 60, heartbeatTimeout: 500 }).stream(HELLO, {
      onConnection: ({ state }) => states.push(state),
    });
    proxy.plan({ bytes: 100, prefix: beats, then: 'silence' }, { prefix: beats });
    const whole = stream.text();
    await gate.reached;
    await proxy.requests.at(1);
    gate.open();
    await expect(whole).resolves.toBe('Let me think. Yes.');
    expect(states).toEqual(['connecting', 'open', 'waiting', 'connecting', 'open', 'closed']);
  });

  it('goes on by itself after a cut on purpose, and tells what was replayed', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('One'), gate, text(' two'), finish(), usage(), done()]);
    const events: StreamEvent[] = [];
    const stream = clientOf().stream(HELLO, { onEvent: (event) => events.push(event) });
    let whole = '';
    for await (const { content } of stream) {
      whole += content;
      if (whole !== 'One') continue;
      stream.disconnect(10);
      gate.open();
    }
    expect(whole).toBe('One two');
    expect([events[0]!.connection, events.at(-1)!.connection]).toEqual([1, 2]);
  });

  it('that is resumed begins after what was seen; resumed after its end it is empty', async () => {
    provider.reply(answer('One', ' two'));
    const client = clientOf();
    const first = client.stream(HELLO);
    await first.text();
    const { runId, position } = first;
    await expect(client.resume(runId!).text()).resolves.toBe('One two');
    await expect(chunksOf(client.resume(runId!, { after: position }))).resolves.toEqual([]);
    expect(textOf(await chunksOf(client.resume(runId!, { after: position - 1 })))).toBe('');
  });
});

describe('a whole answer', () => {
  it.each<[string, Mischief[]]>([
    ['breaks off', [{ bytes: 40 }]],
    ['ends in its middle', [{ bytes: 40, then: 'end' }]],
    ['never comes', [{ cutsHead: true }, { cutsHead: true }]],
    ['comes byte by byte', [{ pieces: 1 }]],
    [
      'has a proxy’s page in its place for a while',
      [
        { bytes: 40 },
        {
          instead: { status: 502, headers: { 'Content-Type': 'text/html' }, body: '<h1>Bad</h1>' },
        },
      ],
    ],
  ])('that %s is had from one run', async (_, mischief) => {
    const before = provider.requests.length;
    provider.reply(answer(...PIECES));
    proxy.plan(...mischief);
    const said = await clientOf().chat(HELLO);
    expect(said).toMatchObject({ message: { role: 'assistant', content: TEXT } });
    expect(provider.requests).toHaveLength(before + 1);
  });

  it('is not waited for longer than the caller wants to', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('Slow'), gate, finish(), usage(), done()]);
    const client = clientOf();
    const said = await client.chat(HELLO, { headers: { prefer: 'wait=0' } });
    expect(said).toMatchObject({ state: 'running' });
    gate.open();
    await expect(client.resume(said.run_id).text()).resolves.toBe('Slow');
  });
});
