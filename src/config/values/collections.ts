import { isMap, type ValueType } from './value-type.js';

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

/** HTTP headers by name. One that is empty is left out. */
export const headerMap: ValueType<Readonly<Record<string, string>>> = {
  allowed: 'a map of header names to texts',
  parse: (value) => {
    if (!isMap(value)) return undefined;
    const given = Object.entries(value).filter(([, one]) => isGiven(one));
    return given.every(([name, one]) => isHeader(name, one))
      ? Object.fromEntries(given.map(([name, one]) => [name, String(one).trim()]))
      : undefined;
  },
  culprit: (value) => {
    if (!isMap(value)) return undefined;
    const wrong = Object.entries(value).find(([name, one]) => isGiven(one) && !isHeader(name, one));
    const allowed = 'a header name with a text of printable ASCII characters';
    return wrong && { key: wrong[0], value: wrong[1], allowed };
  },
};

function isHeader(name: string, value: unknown): boolean {
  const writable = typeof value === 'string' || typeof value === 'number';
  return HEADER_NAME.test(name) && writable && HEADER_VALUE.test(String(value).trim());
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}
