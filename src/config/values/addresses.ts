import { maskedAddress } from '../faults/faults.js';
import type { ValueType } from './value-type.js';

/** An absolute `http:` or `https:` address to which paths are appended; it ends without a slash. */
export const httpAddress: ValueType<string> = {
  allowed: 'an address that begins with http:// or https://, without a query',
  masked: maskedAddress,
  parse: (value) => {
    const url = httpUrl(value);
    return url && url.search === '' && url.hash === '' ? url.href.replace(/\/+$/, '') : undefined;
  },
};

/**
 * The address of a proxy. `proxy.example:3128`, as curl takes it, is read as
 * `http://proxy.example:3128`.
 */
export const proxyAddress: ValueType<string> = {
  allowed:
    'the address of an HTTP proxy such as http://proxy.example:3128, with %25 for a % in its password',
  masked: maskedAddress,
  parse: (value) => {
    const bare = typeof value === 'string' && !value.includes('://');
    const url = httpUrl(bare ? `http://${value}` : value);
    return url && url.pathname === '/' ? url.href.replace(/\/$/, '') : undefined;
  },
};

/** What a browser sends as `Origin` (RFC 6454): a scheme, a host, perhaps a port. */
export function originOf(value: string): string | undefined {
  if (!/^[a-z][a-z\d+.-]*:\/\/[^\s/?#@*,]+\/?$/i.test(value) || !URL.canParse(value)) {
    return undefined;
  }
  // `URL.origin` is 'null' for schemes such as `capacitor:`, whose pages do send an origin.
  const { origin, protocol, host } = new URL(value);
  return origin === 'null' ? `${protocol}//${host}`.toLowerCase() : origin;
}

/** The origins that may call us: a comma list; any `*` makes it `['*']`. */
export const originList: ValueType<readonly string[]> = {
  allowed: '* or a comma list of origins such as https://app.example.com',
  masked: maskedAddress,
  parse: (value) => {
    if (typeof value !== 'string') return undefined;
    const parts = value.split(',').map((part) => part.trim());
    const origins = parts
      .filter((part) => part !== '')
      .map((part) => (part === '*' ? part : originOf(part)));
    if (origins.includes(undefined)) return undefined;
    return origins.includes('*') ? ['*'] : [...new Set(origins as string[])];
  },
};

function httpUrl(value: unknown): URL | undefined {
  if (typeof value !== 'string' || !URL.canParse(value.trim())) return undefined;
  const url = new URL(value.trim());
  const { protocol, username, password } = url;
  const web = protocol === 'http:' || protocol === 'https:';
  return web && isDecodable(username) && isDecodable(password) ? url : undefined;
}

/** A `%` that stands for itself is taken by `URL`, but would make each request fail. */
function isDecodable(credential: string): boolean {
  try {
    decodeURIComponent(credential);
    return true;
  } catch {
    return false;
  }
}
