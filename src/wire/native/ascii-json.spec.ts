import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { asciiJson } from './ascii-json.js';

describe('asciiJson', () => {
  it('is compact', () => {
    expect(asciiJson({ a: [1, 'b'], c: { d: null } })).toBe('{"a":[1,"b"],"c":{"d":null}}');
  });

  it('escapes everything beyond ASCII in lower-case hex, as Python does', () => {
    expect(asciiJson('é \u2028 😀 שלום \u00ad')).toBe(
      '"\\u00e9 \\u2028 \\ud83d\\ude00 \\u05e9\\u05dc\\u05d5\\u05dd \\u00ad"',
    );
  });

  it('escapes control characters and lone surrogates', () => {
    expect(asciiJson('\u0000\n\r\t"\\\ud800')).toBe('"\\u0000\\n\\r\\t\\"\\\\\\ud800"');
  });

  it('comes back unchanged from any JSON parser, and holds ASCII alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = asciiJson({ text });
        expect(Buffer.byteLength(json)).toBe(json.length);
        expect(JSON.parse(json)).toEqual({ text });
      }),
    );
  });
});
