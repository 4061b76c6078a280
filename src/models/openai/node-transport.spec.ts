import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { NodeTransport, type NodeRequestInit } from './node-transport.js';
import type { NodeResponse } from './node-response.js';
import {
  connectionClosed,
  bodyOf,
  listen,
  listenTls,
  TEST_CA,
  type LocalServer,
} from './testing/local-server.js';
import {
  ConnectTimeoutError,
  RedirectRefusedError,
  UnknownEncodingError,
  UpgradeRefusedError,
} from './transport-errors.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(handler: RequestListener, secure = false): Promise<LocalServer> {
  const server = await (secure ? listenTls : listen)(handler);
  cleanups.push(() => server.close());
  return server;
}

function transport(options?: ConstructorParameters<typeof NodeTransport>[0]): NodeTransport {
  const made = new NodeTransport(options);
  cleanups.push(() => made.close());
  return made;
}

const fetching = (url: string, init?: NodeRequestInit): Promise<NodeResponse> =>
  transport().fetchWithin(10_000)(url, init);

describe('NodeTransport', () => {
  it('sends method, headers and body, and asks for no encoding', async () => {
    let seen: unknown;
    const server = await serve((request, response) => {
      void bodyOf(request).then((body) => {
        const {
          'accept-encoding': encoding,
          'x-key': key,
          'content-length': length,
        } = request.headers;
        seen = { method: request.method, path: request.url, encoding, key, length, body };
        response.end();
      });
    });
    await fetching(`${server.url}/v1/x?a=1`, {
      method: 'POST',
      headers: new Headers({ 'X-Key': 'k' }),
      body: '"é"',
    });
    expect(seen).toEqual({
      method: 'POST',
      path: '/v1/x?a=1',
      encoding: 'identity',
      key: 'k',
      length: '4',
      body: '"é"',
    });
  });

  it('answers with status, headers, address and body', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(404, { 'X-Request-Id': 'r1', Warning: ['a', 'b'] }).end('{"a":"é"}');
    });
    const response = await fetching(`${server.url}/v1`);
    expect(response).toMatchObject({ status: 404, ok: false, url: `${server.url}/v1` });
    const { headers } = response;
    expect(['X-Request-Id', 'warning', 'retry-after'].map((name) => headers.get(name))).toEqual([
      'r1',
      'a, b',
      null,
    ]);
    expect(Object.fromEntries(headers.entries())).toMatchObject({
      'x-request-id': 'r1',
      warning: 'a, b',
    });
    expect(await response.json()).toEqual({ a: 'é' });
  });

  it('reads what of a text comes in time', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(401, { 'Content-Length': 100 }).write('half');
    });
    const response = await fetching(server.url);
    await once(response.incoming, 'readable');
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      const text = response.text();
      await jest.advanceTimersByTimeAsync(5_001);
      expect(await text).toBe('half');
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
    await connectionClosed(server);
  });

  it('refuses an upgrade, and closes the connection', async () => {
    const server = await serve((request) => {
      const head = 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n';
      request.socket.write(head);
    });
    await expect(fetching(server.url)).rejects.toThrow(UpgradeRefusedError);
    await connectionClosed(server);
  });

  it('reads no more of a text than anyone would', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(500);
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    const response = await fetching(server.url);
    expect(await response.text()).toHaveLength(1024 * 1024);
  });

  it.each([
    ['gzip', gzipSync('hello')],
    ['x-gzip', gzipSync('hello')],
    ['deflate', deflateSync('hello')],
    ['br', brotliCompressSync('hello')],
    ['Identity', Buffer.from('hello')],
  ])('undoes %s, which it did not ask for', async (encoding, content) => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'Content-Encoding': encoding }).end(content);
    });
    expect(await (await fetching(server.url)).text()).toBe('hello');
  });

  it('fails a body that is cut in its encoding', async () => {
    const server = await serve((_request, response) => {
      response
        .writeHead(200, { 'Content-Encoding': 'gzip' })
        .end(gzipSync('hello').subarray(0, 12));
    });
    const response = await fetching(server.url);
    await expect(response.text()).rejects.toThrow();
  });

  it('refuses an encoding that it cannot undo', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'Content-Encoding': 'rot13' }).end('uryyb');
    });
    await expect(fetching(server.url)).rejects.toThrow(UnknownEncodingError);
  });

  it.each([301, 302, 303, 307, 308])('does not follow a redirect with %i', async (status) => {
    let requests = 0;
    const server = await serve((_request, response) => {
      requests++;
      response.writeHead(status, { Location: '/elsewhere' }).end();
    });
    await expect(fetching(server.url)).rejects.toThrow(RedirectRefusedError);
    expect(requests).toBe(1);
  });

  it.each(['nonsense', 'ftp://example.com/'])('rejects the address %j', async (url) => {
    await expect(fetching(url)).rejects.toThrow();
  });

  it('rejects a header that cannot be sent', async () => {
    await expect(fetching('http://127.0.0.1:9', { headers: { a: 'b\nc' } })).rejects.toThrow(
      /header/,
    );
  });

  it('keeps a connection for the next request', async () => {
    const server = await serve((_request, response) => void response.end('ok'));
    const fetch = transport().fetchWithin(10_000);
    for (let request = 0; request < 3; request++) {
      const response = await fetch(server.url);
      expect(await response.text()).toBe('ok');
    }
    expect(server.sockets).toHaveLength(1);
  });

  it('says what the socket says when nobody listens', async () => {
    const server = await serve(() => undefined);
    await server.close();
    await expect(fetching(server.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('says that a server closes without an answer', async () => {
    const server = await serve((request) => request.socket.destroy());
    await expect(fetching(server.url)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('gives up a connection that is not made in time', async () => {
    // It takes connections and says nothing: the handshake never ends.
    const mute = createServer((socket) => socket.resume().on('error', () => undefined)).listen(
      0,
      '127.0.0.1',
    );
    cleanups.push(() => mute.close());
    await once(mute, 'listening');
    const closed = once(mute, 'connection').then(([socket]: unknown[]) =>
      once(socket as NodeJS.EventEmitter, 'close'),
    );
    const { port } = mute.address() as AddressInfo;
    const fetch = transport().fetchWithin(20);
    await expect(fetch(`https://127.0.0.1:${port}`)).rejects.toThrow(ConnectTimeoutError);
    await closed;
  });

  it('outlives a reset before anyone reads, and tells who reads then', async () => {
    const server = await serve((request, response) => {
      response.writeHead(200).flushHeaders();
      setImmediate(() => request.socket.resetAndDestroy());
    });
    const response = await fetching(server.url);
    await new Promise((closed) => response.incoming.once('close', closed));
    await expect(response.text()).rejects.toThrow();
  });

  it('stops the clock once the connection is made', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;
    let during: number | undefined;
    const server = await serve((_request, response) => {
      during = timers();
      response.end('ok');
    }, true);
    const before = timers();
    const fetch = transport({ extraCaCerts: TEST_CA }).fetchWithin(10_000);
    const response = fetch(server.url);
    expect(timers()).toBe(before + 1);
    expect(await (await response).text()).toBe('ok');
    expect(during).toBe(before);
  });

  describe('aborted', () => {
    const reason = new Error('enough');

    it('before it is sent, sends nothing', async () => {
      const server = await serve((_request, response) => void response.end());
      const signal = AbortSignal.abort(reason);
      await expect(fetching(server.url, { signal })).rejects.toBe(reason);
      expect(server.sockets).toHaveLength(0);
    });

    it('before the headers, closes the socket', async () => {
      const aborter = new AbortController();
      const server = await serve(() => aborter.abort(reason));
      await expect(fetching(server.url, { signal: aborter.signal })).rejects.toBe(reason);
      await connectionClosed(server);
    });

    it('after the headers, closes the socket although the server is silent', async () => {
      const server = await serve((_request, response) => response.writeHead(200).flushHeaders());
      const aborter = new AbortController();
      const response = await fetching(server.url, { signal: aborter.signal });
      const text = response.text();
      aborter.abort(reason);
      await expect(text).rejects.toThrow();
      await connectionClosed(server);
    });

    it('once all is over, does nothing to the connection', async () => {
      const server = await serve((_request, response) => void response.end('ok'));
      const fetch = transport().fetchWithin(10_000);
      const aborter = new AbortController();
      await (await fetch(server.url, { signal: aborter.signal })).text();
      aborter.abort(reason);
      expect(await (await fetch(server.url)).text()).toBe('ok');
      expect(server.sockets).toHaveLength(1);
    });
  });

  describe('with TLS', () => {
    it('refuses a certificate of an authority that it does not know', async () => {
      const server = await serve((_request, response) => void response.end('ok'), true);
      await expect(fetching(server.url)).rejects.toMatchObject({
        code: expect.stringMatching(/CERT|SIGN|UNABLE/) as unknown,
      });
    });

    it('trusts the authorities of a file beside the usual ones', async () => {
      const server = await serve((_request, response) => void response.end('ok'), true);
      const fetch = transport({ extraCaCerts: TEST_CA }).fetchWithin(10_000);
      expect(await (await fetch(server.url)).text()).toBe('ok');
      expect(await (await fetch(server.url.replace('127.0.0.1', 'localhost'))).text()).toBe('ok');
    });

    it('says at once that such a file is not there, or is none', () => {
      expect(() => new NodeTransport({ extraCaCerts: '/nowhere/ca.pem' })).toThrow(/nowhere/);
      expect(
        () => new NodeTransport({ extraCaCerts: import.meta.filename.replace('.spec', '') }),
      ).toThrow(/no PEM certificate/);
    });
  });
});
