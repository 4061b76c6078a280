import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from './support/http-client.js';
import { startService, type RunningService } from './support/service.js';

describe('the page of the documentation', () => {
  let service: RunningService;

  beforeAll(async () => {
    service = await startService();
  });
  afterAll(async () => {
    await service.close();
  });

  const TYPES: Record<string, RegExp> = {
    css: /^text\/css/,
    js: /^(text|application)\/javascript/,
    png: /^image\/png/,
  };

  it.each(['/docs', '/docs/'])('at %s loads everything from the service itself', async (path) => {
    const page = await request(service.url + path);
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toContain('text/html');
    const assets = [...page.body.matchAll(/\s(?:src|href)="([^"]*)"/g)].map(([, url]) => url!);
    expect(assets.length).toBeGreaterThanOrEqual(5);
    for (const asset of assets) {
      const url = new URL(asset, service.url + path);
      expect(url.origin).toBe(service.url);
      const answered = await request(url.href);
      expect([url.pathname, answered.status]).toEqual([url.pathname, 200]);
      const [extension = ''] = /\w+$/.exec(url.pathname) ?? [];
      expect(answered.headers['content-type']).toMatch(TYPES[extension]!);
      // What a style sheet loads comes with it.
      if (extension === 'css') expect(answered.body).not.toMatch(/url\((?!["']?data:)|@import/);
    }
  });

  it('works under the Content-Security-Policy that it is sent with', async () => {
    const { headers, body } = await request(`${service.url}/docs`);
    const policy = Object.fromEntries(
      String(headers['content-security-policy'])
        .split(';')
        .map((directive) => directive.trim().split(/\s+/))
        .map(([name, ...sources]) => [name, sources]),
    ) as Record<string, string[]>;
    expect(policy['default-src']).toEqual(["'self'"]);
    expect(policy['script-src']).toEqual(["'self'"]);
    expect(policy['img-src']).toEqual(["'self'", 'data:']);
    expect(policy['style-src']).toContain("'unsafe-inline'");
    expect(policy).not.toHaveProperty('connect-src');
    expect(policy).not.toHaveProperty('upgrade-insecure-requests');
    expect(body).not.toMatch(/<script(?![^>]*\ssrc=)/);
    expect(body).not.toMatch(/\son\w+\s*=|javascript:/);
  });

  it('shows the document without asking anybody else for it', async () => {
    const { body } = await request(`${service.url}/docs/swagger-ui-init.js`);
    const document = (await request(`${service.url}/openapi.json`)).json();
    const [, options] = /let options = (\{[^]*?\n\});/.exec(body)!;
    expect(JSON.parse(options!)).toMatchObject({
      swaggerDoc: document,
      // Otherwise the page would send its address to a validator on the internet.
      customOptions: { validatorUrl: null },
    });
  });
});
