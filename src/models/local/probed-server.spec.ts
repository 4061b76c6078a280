import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { ProviderConfig } from '../../config/models-config.js';
import { Settings } from '../../config/settings.js';
import { createLogger } from '../../logging/logger.js';
import { NodeTransport } from '../openai/node-transport.js';
import { providerConfig } from '../openai/testing/answers.js';
import { connectionClosed, listen } from '../openai/testing/local-server.js';
import { Ollama } from './ollama.js';
import { ProbedServer } from './probed-server.js';
import { listenWith, type ListingServer } from './testing/listing-api.js';
import { ollamaApi } from './testing/ollama-api.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Longer than any test: what is not over by itself fails the test by its own limit. */
const NEVER_MS = 60_000;
const RUNNING = new AbortController().signal;

const api = ollamaApi([{ name: 'llama3.2:latest', capabilities: ['completion', 'tools'] }]);

async function ollama(): Promise<ListingServer> {
  const server = await listenWith(api);
  cleanups.push(() => server.close());
  return server;
}

/** An Ollama that is probed, and what is logged of it. */
function probed(changes: Partial<ProviderConfig>): { server: ProbedServer; log: unknown[] } {
  const log: unknown[] = [];
  const write = (line: string) => {
    const { level, provider, address, models, msg } = JSON.parse(line) as Record<string, unknown>;
    log.push({ level, provider, address, models, msg });
  };
  const transport = new NodeTransport();
  cleanups.push(() => transport.close());
  const config = providerConfig({ id: 'ollama', unlistedModels: true, ...changes });
  const logger = createLogger(new Settings(), { write });
  return { server: new ProbedServer(config, new Ollama(), transport, logger), log };
}

const lookedForAt = (...addresses: string[]) => ({
  baseUrl: undefined,
  unavailable: 'no Ollama answers',
  lookedForAt: addresses,
});

const found = (address: string) => ({
  level: 'info',
  provider: 'ollama',
  address,
  models: 1,
  msg: 'local model server found',
});
const gone = { level: 'info', provider: 'ollama', msg: 'local model server gone' };

describe('a server that is looked for', () => {
  it('is found, goes, and comes back; each is logged once', async () => {
    const first = await ollama();
    const { server, log } = probed(lookedForAt(first.url));
    await server.probe(NEVER_MS, RUNNING);
    await server.probe(NEVER_MS, RUNNING);
    expect(server.found).toMatchObject({
      provider: { baseUrl: `${first.url}/v1`, unavailable: undefined },
      models: [{ model: 'llama3.2:latest' }],
    });
    expect(log).toEqual([found(first.url)]);

    await first.close();
    await server.probe(NEVER_MS, RUNNING);
    await server.probe(NEVER_MS, RUNNING);
    expect(server.found).toBeUndefined();
    expect(server.model('llama3.2')).toBeUndefined();
    expect(log).toEqual([found(first.url), gone]);
  });

  it('is the same provider while it is there, and another when it has come back', async () => {
    let isThere = true;
    const listing = await listenWith((asked) => (isThere ? api(asked) : undefined));
    cleanups.push(() => listing.close());
    const { server } = probed(lookedForAt(listing.url));
    const providers: unknown[] = [];
    for (const there of [true, true, false, true]) {
      isThere = there;
      await server.probe(NEVER_MS, RUNNING);
      providers.push(server.found?.provider);
    }
    expect(providers[0]).toBe(providers[1]);
    expect(providers[2]).toBeUndefined();
    expect(providers[3]).toEqual(providers[0]);
    expect(providers[3]).not.toBe(providers[0]);
  });

  it('may be at either of two addresses; the first counts', async () => {
    const [first, second] = [await ollama(), await ollama()];
    const { server, log } = probed(lookedForAt(first.url, second.url));
    await server.probe(NEVER_MS, RUNNING);
    expect(server.found?.provider.baseUrl).toBe(`${first.url}/v1`);
    await first.close();
    await server.probe(NEVER_MS, RUNNING);
    expect(server.found?.provider.baseUrl).toBe(`${second.url}/v1`);
    expect(log).toEqual([found(first.url), gone, found(second.url)]);
  });

  it('has its models by their short names too', async () => {
    const { server } = probed(lookedForAt((await ollama()).url));
    await server.probe(NEVER_MS, RUNNING);
    expect(server.model('llama3.2')).toEqual(server.model('llama3.2:latest'));
    expect(server.model('llama3.2')?.capabilities).toEqual(['tools']);
    expect(server.model('llama3.2:1b')).toBeUndefined();
  });
});

describe('a server whose address is configured', () => {
  it('is asked beside its /v1, with its key and its headers', async () => {
    const keyed = await ollama();
    const { server } = probed({
      baseUrl: `${keyed.url}/v1`,
      apiKey: 'sk-own',
      headers: { 'x-team': 'a' },
    });
    await server.probe(NEVER_MS, RUNNING);
    expect(keyed.asked).toEqual(['GET /api/tags']);
    expect(keyed.headers).toMatchObject({ authorization: 'Bearer sk-own', 'x-team': 'a' });
    expect(server.found?.provider.baseUrl).toBe(`${keyed.url}/v1`);
  });

  it('whose key is no header value is not asked', async () => {
    const { url } = await ollama();
    const { server, log } = probed({ baseUrl: `${url}/v1`, apiKey: 'a\nb' });
    await server.probe(NEVER_MS, RUNNING);
    expect(server.found).toBeUndefined();
    expect(log).toEqual([]);
  });
});

describe('a stranger at the address of a server', () => {
  /** A server that does as it is told with each connection. */
  async function stranger(greet: (socket: Socket) => void): Promise<string> {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined).resume();
      greet(socket);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    cleanups.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';

  it.each<[string, (socket: Socket) => void]>([
    ['hangs up', (socket) => socket.destroy()],
    ['speaks another protocol', (socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n')],
    [
      'redirects',
      (socket) => socket.end('HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n'),
    ],
    [
      'upgrades',
      (socket) =>
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
        ),
    ],
    ['breaks off', (socket) => socket.end(`${HEAD}Content-Length: 99\r\n\r\n{"models":[`)],
    ['encodes as nobody knows', (socket) => socket.end(`${HEAD}Content-Encoding: x\r\n\r\n{}`)],
    [
      'sends a page without end',
      (socket) => {
        socket.write(`${HEAD}\r\n`);
        const page = Buffer.alloc(64 * 1024, '<p>');
        const more = () => {
          while (!socket.destroyed && socket.write(page));
        };
        socket.on('drain', more);
        more();
      },
    ],
    [
      'sends 2 MB of models',
      (socket) => {
        const models = Array.from({ length: 20_000 }, () => ({ model: 'm'.repeat(90) }));
        socket.end(`${HEAD}Connection: close\r\n\r\n${JSON.stringify({ models })}`);
      },
    ],
  ])('that %s is no server, and no line in the log', async (_what, greet) => {
    const { server, log } = probed(lookedForAt(await stranger(greet)));
    await server.probe(NEVER_MS, RUNNING);
    expect(server.found).toBeUndefined();
    expect(log).toEqual([]);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['says nothing', () => undefined],
    ['stops in its body', (socket) => socket.write(`${HEAD}\r\n{"models":[`)],
  ])('that %s is waited for as long as it may take', async (_what, greet) => {
    const { server, log } = probed(lookedForAt(await stranger(greet)));
    await server.probe(50, RUNNING);
    expect(server.found).toBeUndefined();
    expect(log).toEqual([]);
  });

  it('is let go of', async () => {
    const server = await listen(() => undefined);
    cleanups.push(() => server.close());
    await probed(lookedForAt(server.url)).server.probe(50, RUNNING);
    await connectionClosed(server);
  });
});

describe('a probe', () => {
  it('is one at a time', async () => {
    const server = await ollama();
    const { server: probedServer } = probed(lookedForAt(server.url));
    const first = probedServer.probe(NEVER_MS, RUNNING);
    await probedServer.probe(NEVER_MS, RUNNING);
    expect(probedServer.found).toBeUndefined();
    await first;
    expect(server.asked).toEqual(['GET /api/tags']);
    expect(probedServer.found).toBeDefined();
  });

  it('that is ended changes nothing', async () => {
    const listing = await ollama();
    const { server, log } = probed(lookedForAt(listing.url));
    await server.probe(NEVER_MS, RUNNING);
    await listing.close();
    const stopping = new AbortController();
    const probe = server.probe(NEVER_MS, stopping.signal);
    stopping.abort();
    await probe;
    expect(server.found).toBeDefined();
    expect(log).toHaveLength(1);
  });
});
