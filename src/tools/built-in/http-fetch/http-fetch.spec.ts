import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AGENT_DEFAULTS } from '../../../config/agents-config.js';
import type { ToolContext } from '../../tool.js';
import { HttpFetch } from './http-fetch.js';
import { isPublicAddress } from './public-address.js';

describe('http_fetch', () => {
  let server: Server;
  let host: string;
  let answer: RequestListener;
  let fetcher: HttpFetch;
  let requests: string[];

  beforeEach(async () => {
    requests = [];
    server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url}`);
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    fetcher = new HttpFetch();
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const says =
    (body: string | Buffer, type = 'text/plain', headers = {}): RequestListener =>
    (_, response) =>
      response.writeHead(200, { 'content-type': type, ...headers }).end(body);
  const get = (url: string, fetchHosts = [host], signal = new AbortController().signal) => {
    const agent = { ...AGENT_DEFAULTS, id: 'a', name: 'A', fetchHosts };
    return fetcher.httpFetch({ url }, { agent, signal } as unknown as ToolContext);
  };

  it.each([
    ['text/plain', 'Hello', 'Hello'],
    ['application/json', '{"a":1}', '{"a":1}'],
    [
      'text/html',
      '<h1>Hi</h1><script>x()</script><p>a <a href="/b">link</a></p>',
      'HI\n\na link [/b]',
    ],
    ['text/plain; charset=iso-8859-1', Buffer.from([0xe9]), 'é'],
    ['text/plain; charset=nonsense', 'é', 'é'],
    ['', 'Hello', 'Hello'],
  ])('reads %s', async (type, body, text) => {
    answer = says(body, type);
    const shown = type.split(';')[0] === '' ? 'no type' : type.split(';')[0];
    expect(await get(`http://${host}/x?y#z`)).toBe(
      `HTTP 200 http://${host}/x?y (${shown})\n\n${text}`,
    );
    expect(requests).toEqual(['GET /x?y']);
  });

  it('reads what is compressed, and no more of it than fits', async () => {
    answer = says(gzipSync('Hello'), 'text/plain', { 'content-encoding': 'gzip' });
    expect(await get(`http://${host}/`)).toContain('Hello');
    answer = says(gzipSync(Buffer.alloc(64 * 1024 * 1024, 'x')), 'text/plain', {
      'content-encoding': 'gzip',
    });
    const bomb = await get(`http://${host}/`);
    expect(bomb.length).toBeLessThan(2.1 * 1024 * 1024);
    expect(bomb).toMatch(/\[The page goes on\.\]$/);
  });

  it('follows redirects, and looks at each', async () => {
    answer = (request, response) => {
      if (request.url === '/end') return void says('There.')(request, response);
      response.writeHead(302, { location: request.url === '/1' ? '/2' : '/end' }).end();
    };
    expect(await get(`http://${host}/1`)).toBe(
      `HTTP 200 http://${host}/end (text/plain)\n\nThere.`,
    );
    answer = (_, response) => response.writeHead(302, { location: '/again' }).end();
    await expect(get(`http://${host}/1`)).rejects.toThrow('more than 5 times');
    for (const location of [
      'http://169.254.169.254/latest',
      'http://[::1]/',
      'http://other.example/',
      'file:///etc/passwd',
    ]) {
      answer = (_, response) => response.writeHead(302, { location }).end();
      await expect(get(`http://${host}/1`)).rejects.toThrow(/none of the hosts|no http: or https:/);
    }
  });

  it.each([
    ['http://example.org/', [], 'There are none.'],
    ['http://example.org.evil.example/', ['example.org'], 'none of the hosts'],
    ['http://evilexample.org/', ['*.example.org'], 'none of the hosts'],
    ['http://example.org/', ['*.example.org'], 'none of the hosts'],
    ['http://example.org:8080/', ['example.org'], 'none of the hosts'],
    ['ftp://example.org/', ['example.org'], 'no http: or https: address'],
    ['http://a:b@example.org/', ['example.org'], 'user name or a password'],
    ['/relative', ['example.org'], 'no http: or https: address'],
    ['http://2130706433/', ['example.org'], 'none of the hosts'],
  ])('refuses %s where %j may be fetched', async (url, hosts, why) => {
    await expect(get(url, hosts)).rejects.toThrow(why);
  });

  it.each([
    ['127.0.0.1'],
    ['10.1.2.3'],
    ['192.168.0.1'],
    ['169.254.169.254'],
    ['100.64.0.1'],
    ['0.0.0.0'],
    ['224.0.0.1'],
    ['255.255.255.255'],
    ['::1'],
    ['::'],
    ['fe80::1'],
    ['fd00::1'],
    ['::ffff:127.0.0.1'],
    ['::ffff:10.0.0.1'],
    ['64:ff9b::7f00:1'],
    ['2002:7f00:1::'],
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ['ff02::1'],
    ['not an address'],
  ])('connects to no name that leads to %s', async (address) => {
    expect(isPublicAddress(address)).toBe(false);
    fetcher.resolve = async () => [
      { address: '93.184.216.34', family: 4 },
      { address, family: address.includes(':') ? 6 : 4 },
    ];
    await expect(get('http://example.org/', ['example.org'])).rejects.toThrow('not public');
  });

  it.each(['93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946', '64:ff9b::5db8:d822'])(
    'takes %s for public',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );

  it('connects to the address that it has looked at: a name cannot change its mind in between', async () => {
    let asked = 0;
    fetcher.resolve = async () => {
      asked += 1;
      return [{ address: asked === 1 ? '203.0.113.1' : '127.0.0.1', family: 4 }];
    };
    // 203.0.113.0/24 is for documentation: refused as well, and never looked up a second time.
    await expect(get('http://example.org/', ['example.org'])).rejects.toThrow('not public');
    expect(asked).toBe(1);
    await expect(get('http://example.org/', ['example.org'])).rejects.toThrow('not public');
    expect(requests).toEqual([]);
  });

  it.each([
    ['http://[::ffff:127.0.0.1]/', ['[::ffff:7f00:1]']],
    ['http://0x7f.1/', ['127.0.0.1']],
  ])('asks %s only where an operator has named just that', async (url, hosts) => {
    await expect(get(url, ['example.org'])).rejects.toThrow('none of the hosts');
    await expect(get(url, hosts)).rejects.toThrow('cannot be fetched: ECONNREFUSED');
  });

  it('tells what went wrong', async () => {
    answer = (_, response) =>
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Nothing here.');
    await expect(get(`http://${host}/`)).rejects.toThrow(
      `HTTP 404 http://${host}/ (text/plain)\n\nNothing here.`,
    );
    answer = says(Buffer.from([1, 2]), 'image/png');
    await expect(get(`http://${host}/`)).rejects.toThrow('this is no text');
    answer = (request) => request.socket.destroy();
    await expect(get(`http://${host}/`)).rejects.toThrow('cannot be fetched: ECONNRESET');
  });

  it('ends with its call', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    answer = () => controller.abort(reason);
    await expect(get(`http://${host}/`, [host], controller.signal)).rejects.toBe(reason);
  });
});
