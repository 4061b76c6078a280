import { describe, expect, it } from '@jest/globals';
import { proxyFor } from './proxy-selection.js';

const both = { httpsProxy: 'http://secure-proxy:1', httpProxy: 'http://plain-proxy:2' };
const chosen = (url: string, noProxy?: string) =>
  proxyFor(new URL(url), { ...both, ...(noProxy !== undefined && { noProxy }) })?.host;

describe('proxyFor', () => {
  it('has a proxy for https and one for http', () => {
    expect(chosen('https://api.example.com/v1')).toBe('secure-proxy:1');
    expect(chosen('http://api.example.com/v1')).toBe('plain-proxy:2');
  });

  it('has none where none is set', () => {
    expect(proxyFor(new URL('https://a.example'), { httpProxy: 'http://p' })).toBeUndefined();
    expect(proxyFor(new URL('http://a.example'), { httpsProxy: 'http://p' })).toBeUndefined();
    expect(proxyFor(new URL('http://a.example'), {})).toBeUndefined();
  });

  it('takes an address without a scheme for an http one', () => {
    const proxy = proxyFor(new URL('https://a.example'), { httpsProxy: 'proxy.local:3128' });
    expect(proxy?.href).toBe('http://proxy.local:3128/');
  });

  it.each([
    ['https://api.example.com', '*'],
    ['https://example.com', 'example.com'],
    ['https://api.example.com', 'example.com'],
    ['https://api.example.com', '.example.com'],
    ['https://api.example.com', '*.example.com'],
    ['https://API.Example.com', 'api.EXAMPLE.com'],
    ['https://api.example.com', 'other.com, example.com'],
    ['https://api.example.com', 'other.com example.com'],
    ['https://api.example.com', 'example.com:443'],
    ['http://api.example.com:8080', 'example.com:8080'],
    ['http://localhost:11434', 'localhost'],
    ['http://127.0.0.1:11434', '127.0.0.1'],
    ['http://10.1.2.3', '10.0.0.0/8'],
    ['http://[::1]:8080', '::1'],
    ['http://[::1]:8080', '[::1]'],
    ['http://[::1]:8080', '[::1]:8080'],
    ['http://[fd00::7]', 'fd00::/8'],
  ])('asks %s directly with NO_PROXY %s', (url, noProxy) => {
    expect(chosen(url, noProxy)).toBeUndefined();
  });

  it.each([
    ['https://api.example.com', ''],
    ['https://api.example.com', ', ,'],
    ['https://badexample.com', 'example.com'],
    ['https://example.com', 'api.example.com'],
    ['https://api.example.com:8443', 'example.com:443'],
    ['http://11.1.2.3', '10.0.0.0/8'],
    ['http://11.1.2.3', '10.0.0.0/99'],
    ['http://10.example.com', '10.0.0.0/8'],
  ])('asks %s through the proxy with NO_PROXY %j', (url, noProxy) => {
    expect(chosen(url, noProxy)).toBeDefined();
  });
});
