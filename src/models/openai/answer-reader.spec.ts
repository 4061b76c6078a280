import { describe, expect, it } from '@jest/globals';
import {
  EndedEarlyError,
  MalformedChunkError,
  NoAnswerError,
  NotJsonError,
  StatedFaultError,
} from './answer-errors.js';
import { AnswerReader } from './answer-reader.js';
import { CompletionDecoder } from './completion-decoder.js';
import { chunk, events, HELLO, summarise } from './testing/answers.js';

const NOBODY = { read: () => undefined, alive: () => undefined };

/** The text of a body of a type, that comes in pieces of a size. */
function read(type: string | null, body: string, size = Infinity): string {
  const decoder = new CompletionDecoder();
  const reader = new AnswerReader(type, decoder, NOBODY);
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  reader.end();
  decoder.end();
  return summarise(decoder.deltas.take()).text;
}

const DOCUMENT = JSON.stringify({
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Héllo' }, finish_reason: 'stop' }],
});

describe.each([
  ['in one piece', Infinity],
  ['byte by byte', 1],
])('AnswerReader, %s', (_name, size) => {
  it.each([
    'text/event-stream',
    'TEXT/EVENT-STREAM; charset=utf-8',
    'text/plain',
    'application/json',
    'application/octet-stream',
    'foo/bar',
    '',
    null,
  ])('reads an event stream that calls itself %j', (type) => {
    expect(read(type, HELLO, size)).toBe('Hello');
    expect(read(type, `: hi\n\n\r\n${HELLO}`, size)).toBe('Hello');
  });

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/problem+json',
    'text/plain',
    'text/event-stream',
    null,
  ])('reads a document that calls itself %j', (type) => {
    expect(read(type, `\ufeff\r\n ${DOCUMENT}\n`, size)).toBe('Héllo');
  });

  it('hears an error in a document, whatever it calls itself', () => {
    for (const type of ['application/json', 'text/event-stream']) {
      expect(() => read(type, '{"error":{"message":"no"}}', size)).toThrow(StatedFaultError);
      expect(() => read(type, '[{"error":{"message":"no"}}]', size)).toThrow(StatedFaultError);
    }
  });

  it('refuses a document that is no completion', () => {
    expect(() => read('application/json', '{"hello":1}', size)).toThrow(MalformedChunkError);
    expect(() => read('application/json', '{"choices":', size)).toThrow(MalformedChunkError);
  });

  it.each([
    ['text/html', '<!doctype html>'],
    ['text/html', HELLO],
    ['text/html', DOCUMENT],
    ['text/event-stream', '<html>'],
    ['text/plain', '<html>'],
    ['text/plain', 'Internal Server Error'],
    ['application/json', '"text"'],
    ['image/png', '\x89PNG'],
    [null, '<html>'],
  ])('refuses what calls itself %j and begins with %j', (type, body) => {
    expect(() => read(type, body, size)).toThrow(NoAnswerError);
  });
});

describe('AnswerReader', () => {
  it('reads a document wherever its bytes are cut once or twice', () => {
    const bytes = Buffer.from(`\ufeff\n${DOCUMENT}\n`);
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= Math.min(bytes.length, first + 8); second++) {
        const decoder = new CompletionDecoder();
        const reader = new AnswerReader('application/json', decoder, NOBODY);
        reader.push(bytes.subarray(0, first));
        reader.push(bytes.subarray(first, second));
        reader.push(bytes.subarray(second));
        reader.end();
        expect(summarise(decoder.deltas.take()).text).toBe('Héllo');
      }
    }
  });

  it.each(['data: {"choi', 'data: ', 'da', `data: ${chunk({}, 'stop').slice(0, -1)}`, 'data: [DO'])(
    'takes an end inside of the line %j for an early one',
    (line) => {
      const body = events(chunk({ content: 'a' })) + line;
      expect(() => read('text/event-stream', body)).toThrow(EndedEarlyError);
    },
  );

  it('takes an end after a line for one of its own making', () => {
    expect(() => read('text/event-stream', 'data: {"choi\n')).toThrow(NotJsonError);
    expect(() => read('text/event-stream', 'data: null')).toThrow(MalformedChunkError);
  });

  it('reads a last line that nothing ends', () => {
    const body = events(chunk({ content: 'a' })) + `data: ${chunk({ content: 'b' }, 'stop')}`;
    expect(read('text/event-stream', body)).toBe('ab');
  });

  it('reads a line of JSON for each chunk', () => {
    const lines = `${chunk({ content: 'a' })}\n${chunk({ content: 'b' }, 'stop')}\n`;
    expect(read('application/x-ndjson', lines)).toBe('ab');
  });

  it('passes over what follows [DONE]', () => {
    const after = events(
      chunk({ content: 'Hello' }, 'stop'),
      '[DONE]',
      chunk({ content: '!' }),
      'junk',
    );
    expect(read('text/event-stream', after)).toBe('Hello');
  });

  it('tells how much it reads', () => {
    let characters = 0;
    const sink = { ...NOBODY, read: (more: number) => (characters += more) };
    const reader = new AnswerReader(null, new CompletionDecoder(), sink);
    reader.push(Buffer.from(events('{}', '{"a":1}')));
    expect(characters).toBe(9);
  });
});
