import { isIP } from 'node:net';

/** What may be fetched, and whether its host was named so exactly that it may be a private one. */
export type Permission = 'public' | 'any' | undefined;

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * Whether a list of hosts has that of an address: `example.org` itself, `*.example.org` those below it,
 * each with its scheme's port unless one is named.
 * @returns 'any' for an IP address or `localhost` that stands in the list: the operator means just that one
 */
export function permissionFor(url: URL, hosts: readonly string[]): Permission {
  const host = url.hostname.toLowerCase();
  const standard = DEFAULT_PORTS[url.protocol];
  const port = url.port === '' ? standard : url.port;
  const entry = hosts.find((one) => {
    const [, name, wanted = standard] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(one.toLowerCase())!;
    return wanted === port && fits(host, name!);
  });
  if (entry === undefined) return undefined;
  const isLiteral = isIP(host.replace(/^\[|\]$/g, '')) !== 0 || host === 'localhost';
  return isLiteral ? 'any' : 'public';
}

function fits(host: string, name: string): boolean {
  if (!name.startsWith('*.')) return host === name;
  const parent = name.slice(1);
  return host.length > parent.length && host.endsWith(parent);
}
