import { isMap, type Culprit, type ValueType } from './value-type.js';

/** A list of values of one kind. What is empty in it is passed over. */
export function listOf<T>(item: ValueType<T>): ValueType<readonly T[]> {
  return {
    allowed: `a list, each item ${item.allowed}`,
    parse: (value) => {
      if (!Array.isArray(value)) return undefined;
      const items = value.filter(isGiven).map((one) => item.parse(one));
      return items.includes(undefined) ? undefined : (items as T[]);
    },
    culprit: (value) => {
      if (!Array.isArray(value)) return undefined;
      const key = value.findIndex((one) => isGiven(one) && item.parse(one) === undefined);
      return key < 0 ? undefined : { key, value: value[key] as unknown, allowed: item.allowed };
    },
  };
}

/** A token of RFC 9110: what may stand as the name of an HTTP header. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;

/**
 * What belongs to one connection and not to the request (RFC 9110, sections 7.2 and 7.6.1), or says
 * where its body ends. Set from outside, they make a provider wait for a body that is no longer
 * there, or take the rest of one for a request of its own.
 */
const OF_THE_CONNECTION = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** HTTP headers by name. One that is empty is left out. */
export const headerMap: ValueType<Readonly<Record<string, string>>> = {
  allowed: 'a map of header names to texts',
  parse: (value) => {
    if (!isMap(value) || wrongHeader(value) !== undefined) return undefined;
    return Object.fromEntries(givenIn(value).map(([name, one]) => [name, String(one).trim()]));
  },
  culprit: (value) => (isMap(value) ? wrongHeader(value) : undefined),
};

function givenIn(headers: Record<string, unknown>): [name: string, value: unknown][] {
  return Object.entries(headers).filter(([, one]) => isGiven(one));
}

function wrongHeader(headers: Record<string, unknown>): Culprit | undefined {
  const seen = new Set<string>();
  for (const [key, value] of givenIn(headers)) {
    const name = key.toLowerCase();
    const allowed = seen.has(name) ? 'each header once, in any case' : allowedAs(name, value);
    if (allowed !== undefined) return { key, value, allowed };
    seen.add(name);
  }
  return undefined;
}

/** What is allowed in the place of a header; undefined where it may stand. */
function allowedAs(name: string, value: unknown): string | undefined {
  if (OF_THE_CONNECTION.includes(name)) return 'none of this name, which is set by the connection';
  const writable = typeof value === 'string' || typeof value === 'number';
  return HEADER_NAME.test(name) && writable && HEADER_VALUE.test(String(value).trim())
    ? undefined
    : 'a header name with a text of printable ASCII characters';
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}
