import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { drop, httpError, pace, splitBytes } from './support/provider/faults.js';
import type { Script } from './support/provider/script.js';
import {
  answer,
  done,
  errorChunk,
  finish,
  malformed,
  reasoning,
  role,
  text,
  toolCalls,
  usage,
} from './support/provider/steps.js';
import { RawConnection, rawRequest, type RawAnswer } from './support/raw-http.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

const SAID = 'Gr\u00fc\u00dfe \u{1f600}\ndata: {"content":"x"}\n\n"quoted" \u2028 end';

/** The headers that each library sends with a POST, in its order, without those of the body. */
const LIBRARIES: [library: string, headers: string[]][] = [
  [
    'requests',
    [
      'User-Agent: python-requests/2.31.0',
      'Accept-Encoding: gzip, deflate, br',
      'Accept: */*',
      'Connection: keep-alive',
      'Content-Type: application/json',
    ],
  ],
  [
    'httpx',
    [
      'Accept: */*',
      'Accept-Encoding: gzip, deflate',
      'Connection: keep-alive',
      'User-Agent: python-httpx/0.27.0',
      'Content-Type: application/json',
    ],
  ],
  [
    'aiohttp',
    [
      'Accept: */*',
      'Accept-Encoding: gzip, deflate',
      'User-Agent: Python/3.11 aiohttp/3.9.1',
      'Content-Type: application/json',
    ],
  ],
];

/** A chunk as the old clients take it. */
interface OldChunk {
  content: string;
  done: boolean;
  model: string;
  [member: string]: unknown;
}

/** Python's `json.dumps`: spaces after the separators, ASCII alone. */
function dumps(value: unknown): string {
  const ascii = JSON.stringify(value, null, 1)
    .replace(/\n\s*/g, ' ')
    .replace(/([[{]) | ([\]}])/g, '$1$2');
  return ascii.replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Decodes each piece by itself, cuts lines, keeps those that begin with `data: `, parses the rest. */
function chunksIn(pieces: readonly Buffer[]): OldChunk[] {
  const chunks: OldChunk[] = [];
  let rest = '';
  for (const piece of pieces) {
    const lines = (rest + new TextDecoder('utf-8', { fatal: true }).decode(piece)).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith('data: ')) chunks.push(JSON.parse(line.slice(6)) as OldChunk);
    }
  }
  expect(rest).toBe('');
  return chunks;
}

/** Adds up `content` until `done` is true. */
function textOf(chunks: readonly OldChunk[]): string {
  const end = chunks.findIndex(({ done: last }) => last);
  expect(end).toBe(chunks.length - 1);
  return chunks.map(({ content }) => content).join('');
}

function piecesOf(body: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(body.length / size) }, (_, index) =>
    body.subarray(index * size, (index + 1) * size),
  );
}

describe("the old service's clients", () => {
  let provider: ScriptedProvider;
  let service: RunningService;
  let connection: RawConnection;
  let host: string;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    service = await startService({ provider });
    host = `Host: ${new URL(service.url).host}`;
    // One connection for all that follows, as a session of theirs keeps it.
    connection = await RawConnection.open(service.url);
  });
  afterAll(async () => {
    connection.close();
    await service.close();
    await provider.close();
  });

  const bodyOf = (fields: object = {}) =>
    dumps({
      messages: [{ role: 'user', content: SAID }],
      model_name: 'test-model',
      max_tokens: 100,
      ...fields,
    });

  function post(body: string, headers = LIBRARIES[0]![1], chunked = false): Promise<RawAnswer> {
    const bytes = Buffer.from(body);
    const head = ['POST /api/v1/chat HTTP/1.1', host, ...headers];
    if (!chunked) {
      connection.write(rawRequest([...head, `Content-Length: ${bytes.length}`], bytes));
      return connection.answer();
    }
    connection.write(rawRequest([...head, 'Transfer-Encoding: chunked']));
    for (const piece of piecesOf(bytes, 50)) {
      connection
        .write(`${piece.length.toString(16)}\r\n`)
        .write(piece)
        .write('\r\n');
    }
    connection.write('0\r\n\r\n');
    return connection.answer();
  }

  const stream = async (script: Script, fields: object = {}) => {
    provider.reply(script);
    return post(bodyOf({ stream: true, ...fields }));
  };

  describe.each(LIBRARIES)('with %s', (_, headers) => {
    it.each([
      ['with its length', false],
      ['in pieces', true],
    ])('send a body %s and read the stream', async (__, chunked) => {
      provider.reply([splitBytes(5), answer(...SAID.match(/.{1,4}/gsu)!)]);
      const {
        status,
        headers: got,
        chunks,
      } = await post(bodyOf({ stream: true }), headers, chunked);
      expect(status).toBe(200);
      expect(got['content-type']).toBe('text/event-stream');
      expect(got).not.toHaveProperty('content-encoding');
      const read = chunksIn(chunks);
      expect(textOf(read)).toBe(SAID);
      expect(read.at(-1)).toMatchObject({ done: true, model: 'test-model', session_id: null });
      expect(provider.requests.at(-1)!.body).toMatchObject({
        model: 'test-model',
        max_tokens: 100,
        messages: [{ role: 'system' }, { role: 'user', content: SAID }],
      });
    });

    it.each([
      ['with its length', false],
      ['in pieces', true],
    ])('send a body %s and read the document', async (__, chunked) => {
      provider.reply(answer(SAID));
      const {
        status,
        headers: got,
        body,
      } = await post(bodyOf({ stream: false }), headers, chunked);
      expect(status).toBe(200);
      expect(got['content-type']).toBe('application/json; charset=utf-8');
      expect(JSON.parse(body.toString())).toMatchObject({
        message: { role: 'assistant', content: SAID },
        model: 'test-model',
        session_id: null,
        finish_reason: 'stop',
      });
    });
  });

  it('need name neither a model nor a stream', async () => {
    provider.reply(answer('Hello'));
    const { body } = await post(dumps({ messages: [{ role: 'user', content: 'Hi' }] }));
    expect(JSON.parse(body.toString())).toMatchObject({ message: { content: 'Hello' } });
  });

  it('may read the stream in pieces of any size', async () => {
    const { body } = await stream(answer(...SAID.match(/.{1,3}/gsu)!));
    const whole = chunksIn([body]);
    for (let size = 1; size <= 200; size += 1) {
      expect(chunksIn(piecesOf(body, size))).toEqual(whole);
    }
    for (let cut = 1; cut < body.length; cut += 1) {
      expect(chunksIn([body.subarray(0, cut), body.subarray(cut)])).toEqual(whole);
    }
  });

  it('may take each piece that the server sends for a number of whole lines', async () => {
    const { chunks } = await stream([pace(2), answer(...SAID.match(/.{1,3}/gsu)!)]);
    // The empty line that every stream begins with, the text, the end.
    expect(chunks.length).toBeGreaterThanOrEqual(3);
    expect(chunks.flatMap((chunk) => chunksIn([chunk]))).toEqual(chunksIn(chunks));
  });

  it.each<[string, Script, string]>([
    ['text', answer('Hel', 'lo'), 'Hello'],
    ['reasoning', [role(), reasoning('hm'), text('Hello'), finish(), usage(), done()], 'Hello'],
    ['a tool call', toolCalls({ id: 'call_1', name: 'add', arguments: { a: 1 } }), ''],
    ['nothing', [role(), finish(), usage(), done()], ''],
    ['an error', [role(), text('Hel'), errorChunk({ message: 'NOT FOR READERS' })], 'Hel'],
    ['an end that came too early', [role(), text('Hel'), drop()], 'Hel'],
    ['what is no answer', [role(), text('Hel'), malformed()], 'Hel'],
  ])('find content, done and model first in each chunk of %s', async (_, script, expected) => {
    const { status, body } = await stream(script, { include: ['reasoning', 'usage'] });
    expect(status).toBe(200);
    const chunks = chunksIn([body]);
    for (const chunk of chunks) {
      expect(Object.keys(chunk).slice(0, 3)).toEqual(['content', 'done', 'model']);
      expect(chunk.model).toBe('test-model');
    }
    expect(textOf(chunks)).toBe(expected);
    expect(body.toString()).not.toContain('NOT FOR READERS');
  });

  it('need not know that an answer was cut and gone on with', async () => {
    const cut = [role(), text('Hel'), drop()];
    provider.reply(cut).reply(answer('lo'));
    const chunks = chunksIn([(await post(bodyOf({ stream: true }))).body]);
    for (const chunk of chunks) {
      expect(Object.keys(chunk).slice(0, 3)).toEqual(['content', 'done', 'model']);
    }
    expect(textOf(chunks)).toBe('Hello');
    expect(chunks.at(-1)).toMatchObject({ done: true, finish_reason: 'stop' });

    provider.reply(cut).reply(answer('lo'));
    const { status, body } = await post(bodyOf({ stream: false }));
    expect(status).toBe(200);
    expect(JSON.parse(body.toString())).toMatchObject({ message: { content: 'Hello' } });
  });

  it('are told of a failure beside the content, in the last chunk', async () => {
    // Asked to go on, the provider refuses: nothing is scripted for that.
    const { body } = await stream([role(), text('Hel'), errorChunk()]);
    const chunks = chunksIn([body]);
    expect(chunks.slice(0, -1).every((chunk) => !chunk.done)).toBe(true);
    expect(chunks.at(-1)).toMatchObject({
      content: '',
      done: true,
      finish_reason: 'error',
      error: { code: 'provider_unavailable' },
    });
  });

  it('get a status that says so where the answer fails before it begins', async () => {
    for (const asked of [true, false]) {
      provider.reply(httpError(401));
      const { status, headers, body } = await post(bodyOf({ stream: asked }));
      expect(status).toBe(502);
      expect(headers['content-type']).toContain('application/problem+json');
      expect(JSON.parse(body.toString())).toMatchObject({ code: 'provider_auth_failed' });
    }
  });

  it('find the service healthy at its root', async () => {
    connection.write(rawRequest(['GET / HTTP/1.1', host, ...LIBRARIES[0]![1].slice(0, 4)]));
    const { status, headers, body } = await connection.answer();
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(body.toString()).toBe('{"message":"Agno API is running","status":"healthy"}');
  });
});
