import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from './support/http-client.js';
import { startService, type RunningService } from './support/service.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

describe('the root', () => {
  let service: RunningService;

  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.close());

  const get = (path: string, accept = BROWSER) =>
    request(service.url + path, { headers: { accept } });

  it('is the playground for a browser', async () => {
    const page = await get('/');
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.headers['vary']).toContain('Accept');
    expect(page.headers['cache-control']).toBe('no-cache');
    expect(page.body).toContain('<div id="app"></div>');
    expect((await get('/?session=x')).body).toBe(page.body);
  });

  it.each(['*/*', 'application/json', 'text/plain, */*'])(
    'is what the old service said for a client that accepts %s',
    async (accept) => {
      const said = await get('/', accept);
      expect(said.body).toBe('{"message":"Agno API is running","status":"healthy"}');
    },
  );

  it('lets a browser run what comes from here, and nothing that is inline', async () => {
    const { headers, body } = await get('/');
    const [, map] = /<script type="importmap">(.*?)<\/script>/.exec(body)!;
    const hash = createHash('sha256').update(map!).digest('base64');
    expect(headers['content-security-policy']).toBe(
      `default-src 'none'; script-src 'self' 'sha256-${hash}'; style-src 'self'; ` +
        "img-src 'self' data: blob:; connect-src 'self'; manifest-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(body).not.toMatch(/\sstyle=|<style|\son\w+=|javascript:/);
    const scripts = [...body.matchAll(/<script\b([^>]*)>/g)].map(([, attributes]) => attributes);
    expect(scripts).toEqual([' type="importmap"', ' type="module" src="/playground/main.js"']);
  });

  it('has everything that it loads from the service itself', async () => {
    const { body } = await get('/');
    const assets = [...body.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, url]) => url!);
    expect(assets.filter((url) => !url.startsWith('/'))).toEqual([]);
    const types: Record<string, RegExp> = {
      js: /^text\/javascript/,
      mjs: /^text\/javascript/,
      css: /^text\/css/,
      svg: /^image\/svg/,
    };
    for (const url of assets.filter((asset) => asset.startsWith('/playground/'))) {
      const asset = await get(url);
      expect([url, asset.status]).toEqual([url, 200]);
      expect(asset.headers['content-type']).toMatch(types[url.split('.').at(-1)!]!);
      expect(asset.headers['cache-control']).toBe('no-cache');
      expect(asset.headers['etag']).toBeDefined();
    }
  });

  it('has an icon where browsers look for one', async () => {
    const icon = await get('/favicon.ico');
    expect(icon.status).toBe(200);
    expect(icon.headers['content-type']).toContain('image/svg+xml');
  });

  it.each([
    '/playground/tsconfig.json',
    '/playground/index.html',
    '/playground/../package.json',
    '/playground/%2e%2e/package.json',
    '/playground/modules/preact/../../../../package.json',
    '/playground/modules/nothing/here.js',
    '/playground',
  ])('does not serve %s', async (path) => {
    expect((await get(path)).status).toBe(404);
  });
});
