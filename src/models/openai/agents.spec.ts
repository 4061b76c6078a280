import { afterEach, describe, expect, it } from '@jest/globals';
import type { RequestListener } from 'node:http';
import { NodeTransport } from './node-transport.js';
import { connectProxy, type ConnectProxy, type ProxyManner } from './testing/connect-proxy.js';
import {
  connectionClosed,
  listen,
  listenTls,
  TEST_CA,
  type LocalServer,
} from './testing/local-server.js';
import { ConnectTimeoutError } from './transport-errors.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(secure: boolean, handler?: RequestListener): Promise<LocalServer> {
  const answer: RequestListener = handler ?? ((_request, response) => void response.end('ok'));
  const server = await (secure ? listenTls : listen)(answer);
  cleanups.push(() => server.close());
  return server;
}

async function proxying(manner?: ProxyManner): Promise<ConnectProxy> {
  const proxy = await connectProxy(manner);
  cleanups.push(() => proxy.close());
  return proxy;
}

function through(proxy: Pick<ConnectProxy, 'url'>, noProxy = '', timeoutMs = 10_000, login = '') {
  const address = proxy.url.replace('//', `//${login}`);
  const transport = new NodeTransport({
    proxy: { httpProxy: address, httpsProxy: address, noProxy },
    extraCaCerts: TEST_CA,
  });
  cleanups.push(() => transport.close());
  return transport.fetchWithin(timeoutMs);
}

describe('a proxy on the way to an https address', () => {
  it('is asked for a tunnel, and the tunnel serves the next request too', async () => {
    const [server, proxy] = [await serve(true), await proxying()];
    const fetch = through(proxy);
    for (let request = 0; request < 2; request++) {
      expect(await (await fetch(server.url)).text()).toBe('ok');
    }
    expect(proxy.tunnels).toEqual([`127.0.0.1:${server.port}`]);
    expect(server.sockets).toHaveLength(1);
  });

  it('is passed by where NO_PROXY names the host', async () => {
    const [server, proxy] = [await serve(true), await proxying()];
    expect(await (await through(proxy, '127.0.0.1')(server.url)).text()).toBe('ok');
    expect(proxy.tunnels).toEqual([]);
  });

  it('gets the name and password that stand in its address', async () => {
    const [server, proxy] = [await serve(true), await proxying()];
    await (await through(proxy, '', 10_000, 'me:se%40cret@')(server.url)).text();
    expect(proxy.authorization).toBe(`Basic ${Buffer.from('me:se@cret').toString('base64')}`);
  });

  it.each([407, 403, 429, 503, 201])(
    'that refuses with %i is not taken for the provider',
    async (status) => {
      const [server, proxy] = [await serve(true), await proxying(status)];
      await expect(through(proxy)(server.url)).rejects.toMatchObject({
        name: 'ProxyRefusedError',
        status,
      });
      expect(server.sockets).toHaveLength(0);
      await connectionClosed(proxy);
    },
  );

  it('that closes the connection has refused it', async () => {
    const [server, proxy] = [await serve(true), await proxying('close')];
    await expect(through(proxy)(server.url)).rejects.toMatchObject({
      name: 'ProxyRefusedError',
      status: undefined,
    });
  });

  it('that never answers is left at the deadline, and its connection closed', async () => {
    const proxy = await proxying('ignore');
    const fetch = through(proxy, '', 50);
    await expect(fetch('https://127.0.0.1:9')).rejects.toThrow(ConnectTimeoutError);
    await connectionClosed(proxy);
  });

  it('that never answers is left when the request is aborted', async () => {
    const proxy = await proxying('ignore');
    const aborter = new AbortController();
    const reason = new Error('enough');
    const response = through(proxy)('https://127.0.0.1:9', {
      signal: aborter.signal,
    });
    const rejected = expect(response).rejects.toBe(reason);
    while (proxy.tunnels.length === 0) await new Promise(setImmediate);
    aborter.abort(reason);
    await rejected;
    await connectionClosed(proxy);
  });

  it('keeps a tunnel whose first request was aborted after its end', async () => {
    const [server, proxy] = [await serve(true), await proxying()];
    const fetch = through(proxy);
    const aborter = new AbortController();
    await (await fetch(server.url, { signal: aborter.signal })).text();
    aborter.abort();
    expect(await (await fetch(server.url)).text()).toBe('ok');
    expect(proxy.tunnels).toHaveLength(1);
  });

  it('carries an abort in the middle of an answer', async () => {
    const server = await serve(true, (_request, response) =>
      response.writeHead(200).flushHeaders(),
    );
    const aborter = new AbortController();
    const response = await through(await proxying())(server.url, { signal: aborter.signal });
    const text = response.text();
    aborter.abort();
    await expect(text).rejects.toThrow();
    await connectionClosed(server);
  });
});

describe('a proxy on the way to an http address', () => {
  it('is asked for the address, and keeps its connection', async () => {
    let host: string | undefined;
    const server = await serve(false, (request, response) => {
      host = request.headers.host;
      response.end(request.url);
    });
    const proxy = await proxying();
    const fetch = through(proxy);
    for (let request = 0; request < 2; request++) {
      expect(await (await fetch(`${server.url}/v1/x?a=b`)).text()).toBe('/v1/x?a=b');
    }
    expect(host).toBe(`127.0.0.1:${server.port}`);
    expect(proxy.asked).toEqual(Array(2).fill(`${server.url}/v1/x?a=b`));
    expect(proxy.tunnels).toEqual([]);
    expect(proxy.sockets).toHaveLength(1);
  });

  it('is passed by where NO_PROXY names the host', async () => {
    const [server, proxy] = [await serve(false), await proxying()];
    expect(await (await through(proxy, '127.0.0.1')(server.url)).text()).toBe('ok');
    expect(proxy.asked).toEqual([]);
  });

  it('gets the name and password that stand in its address, and the provider does not', async () => {
    let headers: unknown;
    const server = await serve(false, (request, response) => {
      headers = request.headers;
      response.end('ok');
    });
    const proxy = await proxying();
    await (await through(proxy, '', 10_000, 'me:se%40cret@')(server.url)).text();
    expect(proxy.authorization).toBe(`Basic ${Buffer.from('me:se@cret').toString('base64')}`);
    expect(headers).not.toHaveProperty('authorization');
  });

  it.each(['localhost', '127.0.0.1'])(
    'that speaks TLS at %s is known by its name',
    async (name) => {
      const proxy = await serve(true, (request, response) => void response.end(request.url));
      const fetch = through({ url: `https://${name}:${proxy.port}` });
      const response = await fetch('http://model.example/v1');
      expect(await response.text()).toBe('http://model.example/v1');
    },
  );

  it('that wants a login is not taken for the provider', async () => {
    const [server, proxy] = [await serve(false), await proxying(407)];
    await expect(through(proxy)(server.url)).rejects.toMatchObject({
      name: 'ProxyRefusedError',
      status: 407,
    });
    expect(server.sockets).toHaveLength(0);
  });

  it('is left when the request is aborted', async () => {
    const server = await serve(false, (_request, response) =>
      response.writeHead(200).flushHeaders(),
    );
    const proxy = await proxying();
    const aborter = new AbortController();
    const response = await through(proxy)(server.url, { signal: aborter.signal });
    const text = response.text();
    aborter.abort();
    await expect(text).rejects.toThrow();
    await connectionClosed(proxy);
  });
});

describe('a transport that is closed', () => {
  it('closes its connections', async () => {
    const server = await serve(false);
    const transport = new NodeTransport();
    await (await transport.fetchWithin(10_000)(server.url)).text();
    transport.close();
    await connectionClosed(server);
  });
});
