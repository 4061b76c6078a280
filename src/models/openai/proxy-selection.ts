import { BlockList, isIP } from 'node:net';
import type { ProxySettings } from '../../config/settings.js';

/**
 * The proxy through which an address is asked. Undefined: none. As curl does it: `https:` and
 * `http:` addresses have a proxy each, and `noProxy` names the hosts that are asked directly.
 *
 * The way to an `http:` address is not a tunnel: the proxy answers itself, so that but for a 407
 * its refusals cannot be told from the provider's.
 */
export function proxyFor(url: URL, proxy: ProxySettings): URL | undefined {
  const address = url.protocol === 'https:' ? proxy.httpsProxy : proxy.httpProxy;
  if (!address || isExempt(url, proxy.noProxy ?? '')) return undefined;
  return new URL(address.includes('://') ? address : `http://${address}`);
}

/**
 * Whether `noProxy` names the host: `*`, a host name with its subdomains (`example.com`, also
 * written `.example.com` or `*.example.com`), an address, or a range of them (`10.0.0.0/8`);
 * names and addresses with a port where only that port is meant.
 */
function isExempt(url: URL, noProxy: string): boolean {
  const host = bare(url.hostname.toLowerCase());
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && matches(entry, host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return inRange(entry, host);
  const [, name = entry, only] = /^(.*[^:]):(\d+)$/.exec(entry) ?? [];
  if (only !== undefined && !isIP(entry) && only !== port) return false;
  const wanted = bare(isIP(entry) ? entry : name).replace(/^\*?\./, '');
  return host === wanted || (isIP(host) === 0 && host.endsWith(`.${wanted}`));
}

function inRange(entry: string, host: string): boolean {
  const [network = '', bits] = entry.split('/');
  const family = isIP(network);
  const prefix = Number(bits);
  if (family === 0 || isIP(host) !== family) return false;
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const range = new BlockList();
  range.addSubnet(network, prefix, type);
  return range.check(host, type);
}

/** An IPv6 address stands in brackets in a URL. */
function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
