import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from './support/http-client.js';
import { startService, type RunningService } from './support/service.js';

const ROOT = join(import.meta.dirname, '..');
const PAGES = [
  ...['README', 'ARCHITECTURE', 'CONTRIBUTING', 'CHANGELOG'].map((name) => `/${name}.md`),
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `/docs/${name}`),
];

describe('the documentation as pages', () => {
  let service: RunningService;

  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.close());

  const idsOf = (body: string) => [...body.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);

  it.each(PAGES)('%s leads somewhere with each of its links', async (path) => {
    const page = await request(service.url + path);
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.body).toMatch(/^<!doctype html>/);
    const links = [...page.body.matchAll(/ (?:href|src)="([^"]*)"/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThanOrEqual(3);
    const dead: string[] = [];
    for (const link of new Set(links)) {
      const url = new URL(link.replaceAll('&amp;', '&'), service.url + path);
      if (url.origin !== service.url) continue;
      const target = await request(url.href.split('#')[0]!);
      const isThere =
        target.status === 200 &&
        (url.hash === '' || idsOf(target.body).includes(decodeURIComponent(url.hash.slice(1))));
      if (!isThere) dead.push(link);
    }
    expect(dead).toEqual([]);
  });

  it.each([
    ['docs/images/playground-light.png', 'image/png'],
    ['docs/benchmarks/paced-cpu_per_token.svg', 'image/svg+xml'],
  ])('has its pictures: %s', async (name, type) => {
    const picture = await fetch(`${service.url}/${name}`);
    expect(picture.headers.get('content-type')?.split(';')[0]).toBe(type);
    expect(Buffer.from(await picture.arrayBuffer())).toEqual(readFileSync(join(ROOT, name)));
  });

  it('runs nothing and loads nothing of others', async () => {
    const bodies = await Promise.all(
      PAGES.map(async (path) => (await request(service.url + path)).body),
    );
    for (const body of bodies) {
      expect(body).not.toMatch(/<script|\son\w+="|javascript:|<!--/);
      expect(body).not.toMatch(/<(?:img|link|iframe)[^>]* (?:src|href)="https?:/);
    }
  });

  it.each([
    '/docs/missing.md',
    '/SECURITY.md',
    '/package.json',
    '/docs/..%2fREADME.md',
    '/docs/benchmarks/results.json',
    '/..%2f..%2fetc%2fpasswd.md',
    '/docs/%00.md',
  ])('there is nothing else: %s', async (path) => {
    const { status, headers } = await request(service.url + path);
    expect(status).toBe(404);
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  });
});
