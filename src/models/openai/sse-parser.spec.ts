import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SseParser, SseTooLongError } from './sse-parser.js';

const comment = () => undefined;

type Heard = { data: string; event: string };

/** What a parser says of bytes that come in these pieces. */
function parse(...pieces: Uint8Array[]): Heard[] {
  const heard: Heard[] = [];
  const parser = new SseParser({
    data: (data, event) => heard.push({ data, event }),
    comment,
  });
  for (const piece of pieces) parser.push(piece);
  parser.end();
  return heard;
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'utf8'));
const read = (text: string) => parse(bytes(text));
const events = (...data: string[]) => data.map((one) => ({ data: one, event: '' }));

const FIXTURES: Record<string, [text: string, heard: Heard[]]> = {
  'one event a line': ['data: a\n\ndata: b\n\n', events('a', 'b')],
  CRLF: ['data: a\r\n\r\ndata: b\r\n\r\n', events('a', 'b')],
  'CR alone': ['data: a\r\rdata: b\r\r', events('a', 'b')],
  'mixed ends of lines': ['data: a\r\n\ndata: b\r\r\ndata: c\n\r\n\r', events('a', 'b', 'c')],
  'many lines of data': ['data: a\ndata:\ndata: b\r\ndata\rdata: c\n\n', events('a\n\nb\n\nc')],
  'no space after the colon': ['data:a\n\ndata:  b\n\n', events('a', ' b')],
  'an event without data': ['event: ping\n\ndata: a\n\n', events('a')],
  'an event with empty data': ['data:\n\ndata\n\n', events('', '')],
  'names of events': [
    'event: error\ndata: a\n\ndata: b\n\n',
    [
      { data: 'a', event: 'error' },
      { data: 'b', event: '' },
    ],
  ],
  'fields that are not ours': [
    'id: 7\nretry: 10\nfoo: x\ndatabase: y\ndata: a\nnonsense\n\n',
    events('a'),
  ],
  comments: [': hello\n:\ndata: a\n: in between\ndata: b\n\n', events('a\nb')],
  'a byte order mark': ['\ufeffdata: a\n\ndata: \ufeffb\n\n', events('a', '\ufeffb')],
  'no blank line at the end': ['data: a\n\ndata: b\n', events('a', 'b')],
  'no end of line at the end': ['data: a\n\ndata: b', events('a', 'b')],
  'characters of every length': ['data: aé€😀\u2028\u0000z\n\n', events('aé€😀\u2028\u0000z')],
  'nothing at all': ['', []],
};

describe('SseParser', () => {
  describe.each(Object.entries(FIXTURES))('with %s', (_name, [text, heard]) => {
    const whole = bytes(text);

    it('hears what the standard says', () => {
      expect(parse(whole)).toEqual(heard);
    });

    it('hears the same wherever the bytes are cut once or twice', () => {
      for (let first = 0; first <= whole.length; first++) {
        for (let second = first; second <= whole.length; second++) {
          const pieces = [
            whole.subarray(0, first),
            whole.subarray(first, second),
            whole.subarray(second),
          ];
          expect(parse(...pieces)).toEqual(heard);
        }
      }
    });
  });

  it('hears the same of any bytes, however they are cut', () => {
    const piece = fc.constantFrom(
      'data',
      ':',
      ' ',
      '\n',
      '\r',
      '\r\n',
      'event',
      'é',
      '😀',
      '\ufeff',
      'x',
    );
    const input = fc.oneof(
      fc.array(piece, { maxLength: 40 }).map((pieces) => bytes(pieces.join(''))),
      fc.uint8Array({ maxLength: 60 }),
    );
    fc.assert(
      fc.property(input, fc.array(fc.nat({ max: 80 }), { maxLength: 8 }), (whole, places) => {
        const cuts = [
          0,
          ...places.filter((at) => at < whole.length).sort((a, b) => a - b),
          whole.length,
        ];
        const pieces = cuts.slice(1).map((end, index) => whole.subarray(cuts[index], end));
        expect(parse(...pieces)).toEqual(parse(whole));
      }),
      { numRuns: 2_000 },
    );
  });

  it('gives back any payload without an end of line', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (texts) => {
        const payloads = texts.map((text) => JSON.stringify(text));
        expect(read(payloads.map((one) => `data: ${one}\n\n`).join(''))).toEqual(
          events(...payloads),
        );
      }),
    );
  });

  it('knows whether it stands inside of a line', () => {
    const parser = new SseParser({ data: () => undefined, comment });
    const inside = ['data', ': a\n', '\n', ': hi', '\r', '\n', 'x'].map((piece) => {
      parser.push(bytes(piece));
      return parser.insideLine;
    });
    expect(inside).toEqual([true, false, false, true, false, false, true]);
  });

  it('delivers an event as soon as its blank line is there', () => {
    for (const end of ['\n\n', '\r\n\r\n', '\r\r']) {
      const heard: string[] = [];
      const parser = new SseParser({ data: (data) => heard.push(data), comment });
      parser.push(bytes(`data: a${end}data: b`));
      expect(heard).toEqual(['a']);
    }
  });

  it('refuses a line that is too long, in one piece or in many', () => {
    const parser = () => new SseParser({ data: () => undefined, comment }, 100);
    expect(() => parser().push(bytes(`data: ${'x'.repeat(101)}\n`))).toThrow(SseTooLongError);
    const slow = parser();
    for (let at = 0; at < 10; at++) slow.push(bytes('x'.repeat(10)));
    expect(() => slow.push(bytes('x'))).toThrow(SseTooLongError);
  });

  it('refuses an event of endless lines', () => {
    const parser = new SseParser({ data: () => undefined, comment }, 100);
    const line = bytes('data: 0123456789\n');
    expect(() => {
      for (let at = 0; at < 11; at++) parser.push(line);
    }).toThrow(SseTooLongError);
  });

  it('lets through what its sink throws', () => {
    const parser = new SseParser({
      data: () => {
        throw new RangeError('no');
      },
      comment,
    });
    expect(() => parser.push(bytes('data: a\n\n'))).toThrow(RangeError);
  });

  it('tells of comments once they are whole', () => {
    let comments = 0;
    const parser = new SseParser({ data: () => undefined, comment: () => (comments += 1) });
    const counts = [': one', ' two', '\n', ':\r\n\n', 'data: a\n', ': in an event\n\n'].map(
      (piece) => {
        parser.push(bytes(piece));
        return comments;
      },
    );
    expect(counts).toEqual([0, 0, 1, 2, 2, 3]);
  });
});
