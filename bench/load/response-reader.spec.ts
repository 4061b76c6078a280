import { describe, expect, it } from '@jest/globals';
import { ResponseReader } from './response-reader.ts';

const HEAD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n';
const piece = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

/** What a reader tells of a response that comes in these portions. */
function told(...portions: Buffer[]): string[] {
  const events: string[] = [];
  const reader = new ResponseReader({
    payload: (payload) => events.push(payload),
    end: () => events.push('(end)'),
    refused: (what) => events.push(`(refused: ${what.split('\r\n')[0]})`),
  });
  for (const portion of portions) reader.push(portion);
  return events;
}

describe('ResponseReader', () => {
  const body =
    piece('id: 1\ndata: {"a":"漢字 🙂"}\n\n: hb\n\n') +
    piece('data:{"b":') +
    piece('2}\n\nevent: x\ndata: three\n\ndata: ') +
    piece('four\n\n') +
    '0\r\n\r\n';
  const response = Buffer.from(`${HEAD}\r\n${body}`);
  const payloads = ['{"a":"漢字 🙂"}', '{"b":2}', 'three', 'four', '(end)'];

  it('reads the payloads of a stream, wherever its bytes are cut in two', () => {
    for (let cut = 0; cut <= response.length; cut += 1) {
      expect(told(response.subarray(0, cut), response.subarray(cut))).toEqual(payloads);
    }
  });

  it('reads them byte by byte', () => {
    expect(told(...Array.from(response, (byte) => Buffer.of(byte)))).toEqual(payloads);
  });

  it('does not take a response that was cut for an ended one', () => {
    expect(told(response.subarray(0, -2))).toEqual(payloads.slice(0, -1));
  });

  it('refuses another status', () => {
    const refused = Buffer.from('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n');
    expect(told(refused)).toEqual(['(refused: HTTP/1.1 503 Service Unavailable)']);
  });

  it('tells whether the connection can be used again', () => {
    const read = (header: string) => {
      const silent = { payload: () => {}, end: () => {}, refused: () => {} };
      const reader = new ResponseReader(silent);
      reader.push(Buffer.from(`${HEAD}${header}\r\n${body}`));
      return reader.keepsConnection;
    };
    expect(read('')).toBe(true);
    expect(read('Connection: close\r\n')).toBe(false);
  });
});
