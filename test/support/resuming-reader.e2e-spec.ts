import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ResumingReader, type ReadingPlan } from './resuming-reader.js';

const EVENTS = ['a', 'b', 'c'].map((content) => ({ content, done: false, model: 'm' }));
const END = { content: '', done: true, model: 'm' };
/** A stream of three pieces of text and the end, event by event. */
const WIRE = [...EVENTS, END].map(
  (chunk, index) => `id: ${index + 1}\ndata: ${JSON.stringify(chunk)}\n\n`,
);

describe('ResumingReader', () => {
  let server: Server;
  let url: string;
  /** What the server was asked: method, path, and the position in the header. */
  const asked: string[] = [];
  /** What it answers, one for each request; the last goes on for ever. */
  let answers: ((response: ServerResponse) => void)[];

  const stream = (...wire: string[]) => ok(wire, (response) => response.end());
  const cutStream = (...wire: string[]) => ok(wire, (response) => response.destroy());
  const ok =
    (wire: string[], then: (response: ServerResponse) => void) => (response: ServerResponse) => {
      response.writeHead(200, { 'x-run-id': 'r' });
      response.write(`\n${wire.join('')}`, () => then(response));
    };
  const status =
    (code: number, body = '') =>
    (response: ServerResponse) =>
      response.writeHead(code).end(body);

  beforeEach(async () => {
    asked.length = 0;
    server = createServer(({ method, url: path, headers }, response) => {
      asked.push([method, path, headers['last-event-id'] ?? '-'].join(' '));
      (answers.length > 1 ? answers.shift() : answers[0])!(response);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const reader = (plan: Partial<ReadingPlan>) =>
    new ResumingReader(
      { url, body: { message: 'Hi' }, idempotencyKey: 'k' },
      {
        cuts: [],
        routes: ['last-event-id'],
        ...plan,
      },
    );

  it('comes back after the last event that was whole, by each route in its turn', async () => {
    answers = [
      status(503),
      cutStream(WIRE[0]!, WIRE[1]!.slice(0, -1)),
      cutStream(WIRE[1]!),
      cutStream(`: hb\n\nretry: 1000\n\n${WIRE[0]}${WIRE[1]}`),
      cutStream(WIRE[2]!),
      cutStream(...WIRE),
      cutStream(),
      status(204),
    ];
    const reading = await reader({
      routes: ['repeat', 'after', 'last-event-id', 'from-start', 'repeat', 'repeat-from-start'],
    }).read();
    expect(asked).toEqual([
      'POST /api/v1/chat -',
      'POST /api/v1/chat -',
      'GET /api/v1/runs/r/stream 1',
      'GET /api/v1/runs/r/stream -',
      'POST /api/v1/chat 2',
      'POST /api/v1/chat -',
      'POST /api/v1/chat 4',
      'GET /api/v1/runs/r/stream?after=4 -',
    ]);
    expect(reading.ids).toEqual([1, 2, 3, 4]);
    expect(reading.text).toBe('abc');
    expect(reading.terminalChunks).toEqual([END]);
  });

  it('is cut where its plan says, at any byte, and ends with the stream', async () => {
    answers = [stream(...WIRE), stream(...WIRE), stream(WIRE[3]!)];
    const whole = await reader({}).read();
    expect(whole.connections).toEqual([{ route: 'repeat', status: 200, events: 4, cut: false }]);
    answers = [stream(...WIRE)];
    let bytes = 0;
    for (let connections = 2; connections === 2;) {
      bytes += 1;
      const cut = await reader({ cuts: [bytes], routes: ['from-start'] }).read();
      expect(cut.connections[0]!.cut).toBe(true);
      expect(cut.text).toBe('abc');
      connections = cut.connections.length;
    }
    // The cut that no longer hurt came after the last byte.
    expect(bytes).toBeGreaterThan(WIRE.join('').length);
  });

  it('comes back to a server that stops, as it is told to', async () => {
    const comeBack = (response: ServerResponse) => response.writeHead(200).end('retry: 1000\n\n');
    answers = [cutStream(WIRE[0]!), comeBack, stream(...WIRE.slice(1))];
    const reading = await reader({}).read();
    expect(reading.text).toBe('abc');
    expect(reading.runId).toBe('r');
  });

  it('waits for a server that is not there yet', async () => {
    answers = [stream(...WIRE)];
    const { port } = server.address() as AddressInfo;
    await once(server.close(), 'close');
    const waiting = reader({});
    const reading = waiting.read();
    while (waiting.attempts < 3) await new Promise((resolve) => setImmediate(resolve));
    server.listen(port, '127.0.0.1');
    expect((await reading).text).toBe('abc');
    expect(waiting.connections).toHaveLength(1);
  });

  it.each([
    ['a refusal', () => [status(400, 'position_invalid')], '400 position_invalid'],
    ['a failure for good', () => [status(502, '{"retryable":false}')], '502 {"retryable":false}'],
    ['204 before the end', () => [cutStream(WIRE[0]!), status(204)], 'no terminal chunk has come'],
    [
      'a replay of other bytes',
      () => [cutStream(WIRE[0]!), stream(WIRE[0]!.replace('"a"', '"x"'))],
      'an event has changed',
    ],
    [
      'a replay with a gap',
      () => [cutStream(WIRE[0]!, WIRE[1]!), stream(WIRE[0]!, WIRE[2]!)],
      'an event has changed',
    ],
    ['an event without an id', () => [stream(`data: ${JSON.stringify(END)}\n\n`)], 'No event of'],
  ])('fails at %s', async (_, script, message) => {
    answers = script();
    await expect(reader({ routes: ['from-start'] }).read()).rejects.toThrow(message);
  });

  it('gives up when it is told to, and says how far it came', async () => {
    answers = [cutStream(WIRE[0]!), status(503, 'not now')];
    const leaving = new AbortController();
    const waiting = reader({});
    const reading = waiting.read(leaving.signal);
    while (waiting.connections.length < 3) await new Promise((resolve) => setImmediate(resolve));
    leaving.abort();
    await expect(reading).rejects.toThrow(/Run r: 1 events, up to 1\.[^]*503 not now/);
  });

  it('hands on what a service does wrong, for the check to see', async () => {
    answers = [stream(WIRE[0]!, WIRE[0]!, ...WIRE.slice(1), WIRE[3]!)];
    expect((await reader({}).read()).ids).toEqual([1, 1, 2, 3, 4, 4]);
  });
});
