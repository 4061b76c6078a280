import { afterEach, describe, expect, it } from '@jest/globals';
import type { McpServerConfig } from '../../config/agents-config.js';
import type { ToolProgress } from '../tool.js';
import {
  everythingServer,
  listen,
  ordinary,
  tell,
  type HttpServer,
} from './testing/http-server.js';
import { agentWith, McpWorkbench, serverEntry } from './testing/mcp-servers.js';

let bench: McpWorkbench | undefined;
let server: HttpServer | undefined;

afterEach(async () => {
  await bench?.close();
  await server?.stop().catch(() => undefined);
  bench = server = undefined;
});

const benchOf = (url: string, entry: Partial<McpServerConfig> = {}) =>
  (bench = new McpWorkbench([agentWith(serverEntry('s', { url, ...entry }))]));

async function freePort(): Promise<number> {
  const listening = await listen(() => {});
  await listening.stop();
  return listening.port;
}

describe('the official server of everything, over HTTP', () => {
  it('lists, answers, and tells its progress', async () => {
    server = await everythingServer(await freePort());
    const { tools } = benchOf(server.url);
    expect(await bench!.call('s__echo', { message: 'hello' })).toEqual({
      content: 'Echo: hello',
      isError: false,
    });
    const told: ToolProgress[] = [];
    const args = { duration: 0.4, steps: 4 };
    const progress = (one: ToolProgress) => void told.push(one);
    await bench!.call('s__trigger-long-running-operation', args, { progress });
    expect(told.map((one) => one.progress)).toEqual([1, 2, 3, 4]);
    expect(tools.states()['s']).toMatchObject({ state: 'running' });
  });

  it('is connected to anew when it was started again and knows the session no more', async () => {
    const port = await freePort();
    server = await everythingServer(port);
    benchOf(server.url);
    expect((await bench!.call('s__echo', { message: 'one' })).content).toBe('Echo: one');
    await server.stop();
    server = await everythingServer(port);
    expect((await bench!.call('s__echo', { message: 'two' })).content).toBe('Echo: two');
  });

  it('leaves a result that says so when it dies in the middle of a call', async () => {
    server = await everythingServer(await freePort());
    benchOf(server.url);
    const args = { duration: 30, steps: 60 };
    const begun = Promise.withResolvers<void>();
    const progress = () => begun.resolve();
    const called = bench!.call('s__trigger-long-running-operation', args, { progress });
    await begun.promise;
    await server.stop();
    const { content, isError } = await called;
    expect(isError).toBe(true);
    expect(content).toContain('The call may or may not have run.');
  });
});

describe('a server at an address', () => {
  it('gets its headers and its session with each request, and the end of the session', async () => {
    const seen: [method: string, session: unknown, key: unknown][] = [];
    server = await listen((asked) => {
      const { method = '', headers } = asked.request;
      seen.push([method, headers['mcp-session-id'], headers['x-key']]);
      if (!ordinary(asked, { 'mcp-session-id': 'abc' })) tell(asked, { content: [] });
    });
    benchOf(server.url, { headers: { 'X-Key': 'k-123' } });
    await bench!.call('s__work');
    await bench!.close();
    expect(seen[0]).toEqual(['POST', undefined, 'k-123']);
    expect(seen.slice(1).every(([, session, key]) => session === 'abc' && key === 'k-123')).toBe(
      true,
    );
    expect(seen.at(-1)?.[0]).toBe('DELETE');
  });

  it('that forgets the session at each call is asked twice, not for ever', async () => {
    let calls = 0;
    server = await listen((asked) => {
      if (ordinary(asked, { 'mcp-session-id': 'abc' })) return;
      calls += 1;
      asked.response.writeHead(404).end();
    });
    benchOf(server.url);
    expect(await bench!.call('s__work')).toEqual({
      content: 'The server s cannot be reached.',
      isError: true,
    });
    expect(calls).toBe(2);
  });

  it.each([
    [401, 'The call failed: the server answers with HTTP 401.'],
    [429, 'The call failed: the server answers with HTTP 429.'],
    [503, 'The call failed: the server answers with HTTP 503. The call may or may not have run.'],
  ])('that answers a call with %d leaves a result that says so', async (status, content) => {
    server = await listen((asked) => {
      if (!ordinary(asked)) asked.response.writeHead(status).end('secret words of the server');
    });
    benchOf(server.url);
    expect(await bench!.call('s__work')).toEqual({ content, isError: true });
  });

  it.each([
    ['in its stream', 'text/event-stream', ': hb\n\n'],
    ['in its JSON', 'application/json', '{"jsonrpc":'],
  ])('that breaks off %s leaves a result that says so', async (_where, type, body) => {
    server = await listen((asked) => {
      if (ordinary(asked)) return;
      asked.response.writeHead(200, { 'content-type': type }).write(body);
      setImmediate(() => asked.response.destroy());
    });
    benchOf(server.url);
    const { content, isError } = await bench!.call('s__work');
    expect(isError).toBe(true);
    expect(content).toContain('The call may or may not have run.');
  });

  it('that ends its stream without an answer leaves a result that says so', async () => {
    server = await listen((asked) => {
      if (ordinary(asked)) return;
      asked.response.writeHead(200, { 'content-type': 'text/event-stream' }).end(': bye\n\n');
    });
    benchOf(server.url);
    expect(await bench!.call('s__work')).toEqual({
      content:
        'The connection to the server broke during the call. The call may or may not have run.',
      isError: true,
    });
  });

  it('that answers with more than 16 MB leaves a result that says so', async () => {
    server = await listen((asked) => {
      if (ordinary(asked)) return;
      const text = 'x'.repeat(17 * 1024 * 1024);
      tell(asked, { content: [{ type: 'text', text }] });
    });
    benchOf(server.url);
    const { content, isError } = await bench!.call('s__work');
    expect(isError).toBe(true);
    expect(content).toContain('larger than 16 MB');
  });

  it.each(['application/json', 'text/event-stream'])(
    'hears of a call that is given up, whose answer as %s nobody reads any more',
    async (type) => {
      const begun = Promise.withResolvers<number>();
      const cancelled = Promise.withResolvers<unknown>();
      const left = Promise.withResolvers<void>();
      server = await listen((asked) => {
        const { method, id, params } = asked.message;
        if (method === 'notifications/cancelled') cancelled.resolve(params);
        if (ordinary(asked)) return;
        asked.response.on('close', () => left.resolve());
        asked.response.writeHead(200, { 'content-type': type }).write('\n');
        begun.resolve(id!);
      });
      benchOf(server.url);
      const end = new AbortController();
      const called = bench!.call('s__work', {}, { signal: end.signal });
      const id = await begun.promise;
      end.abort(new Error('too long'));
      await expect(called).rejects.toThrow('too long');
      expect(await cancelled.promise).toMatchObject({ requestId: id });
      await left.promise;
    },
  );
});

describe('an address at which there is no such server', () => {
  it('is left out with its reason, and used as soon as there is one', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/mcp?token=hidden`;
    const { tools, log } = benchOf(url, { headers: { Authorization: 'Bearer hidden' } });
    expect(await bench!.list()).toEqual([]);
    expect(tools.states()).toEqual({
      s: { state: 'failed', reason: 'it cannot be reached (ECONNREFUSED)' },
    });
    server = await listen((asked) => void ordinary(asked), port);
    await log.line(['mcp server running']);
    expect((await bench!.list()).map(({ name }) => name)).toEqual(['s__work']);
    expect(JSON.stringify(log.lines)).not.toContain('hidden');
  });

  it.each([
    [405, /^it answers with HTTP 405: .*HTTP\+SSE is not supported/],
    [404, /^it answers with HTTP 404: .*HTTP\+SSE is not supported/],
    [401, /^it answers with HTTP 401$/],
    [500, /^it answers with HTTP 500$/],
    [302, /^it answers with HTTP 302$/],
  ])('says so where it answers with %d', async (status, reason) => {
    server = await listen(({ response }) => {
      response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end('hidden');
    });
    const { tools } = benchOf(server.url);
    expect(await bench!.list()).toEqual([]);
    expect(tools.states()['s']).toEqual({
      state: 'failed',
      reason: expect.stringMatching(reason),
    });
  });

  it('says so where it answers with a page', async () => {
    server = await listen(({ response }) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Welcome!');
    });
    const { tools } = benchOf(server.url);
    expect(await bench!.list()).toEqual([]);
    expect(tools.states()['s']?.reason).toBe('it answers with something that is not MCP');
  });
});
