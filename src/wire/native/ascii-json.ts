const NOT_ASCII = /[\u0080-\uffff]/g;

/**
 * Compact JSON of ASCII characters alone, everything else as `\uXXXX`: the old service's clients
 * decode arbitrary pieces of the byte stream, which must never cut a character in two. Lone
 * surrogates come out as what they are (well-formed JSON.stringify escapes them).
 */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(NOT_ASCII, escape);
}

function escape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
