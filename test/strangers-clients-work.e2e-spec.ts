import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { hasCommand, runCommand, startCommand } from './support/command.js';
import { openStream } from './support/http-client.js';
import type { Gate } from './support/provider/gate.js';
import { answer, done, finish, role, text, usage } from './support/provider/steps.js';
import { RawConnection, rawRequest } from './support/raw-http.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

const JSON_TYPE = 'Content-Type: application/json';
const STREAM_BODY = '{"message":"Hi","stream":true}';

interface Chunk {
  content: string;
  done: boolean;
}

describe("a stranger's client", () => {
  let provider: ScriptedProvider;
  let service: RunningService;
  let chat: string;
  let host: string;
  let gate: Gate;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    service = await startService({ provider, env: { BODY_LIMIT: '8mb' } });
    chat = `${service.url}/api/v1/chat`;
    host = `Host: ${new URL(service.url).host}`;
  });
  afterAll(async () => {
    await service.close();
    await provider.close();
  });
  beforeEach(() => {
    gate = provider.gate();
  });

  const hello = () => provider.reply(answer('Hel', 'lo'));
  /** An answer whose second half waits until the first has been seen. */
  const halves = () =>
    provider.reply([role(), text('Hel'), gate, text('lo'), finish(), usage(), done()]);

  describe('with fetch', () => {
    const post = (body: string, headers: Record<string, string> = {}) =>
      fetch(chat, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...headers },
      });

    it('reads a stream as it comes', async () => {
      halves();
      const response = await post(STREAM_BODY);
      expect(response.headers.get('content-type')).toBe('text/event-stream');
      const decoder = new TextDecoder();
      let read = '';
      for await (const piece of response.body as ReadableStream<Uint8Array>) {
        read += decoder.decode(piece, { stream: true });
        if (read.includes('"Hel"')) gate.open();
      }
      const chunks = read
        .split('\n')
        .filter((line) => line.startsWith('data: '))
        .map((line) => JSON.parse(line.slice(6)) as Chunk);
      expect(chunks.map(({ content }) => content)).toEqual(['Hel', 'lo', '']);
      expect(chunks.map((chunk) => chunk.done)).toEqual([false, false, true]);
    });

    it('reads a document', async () => {
      hello();
      const response = await post('{"message":"Hi"}');
      expect(response.ok).toBe(true);
      expect(await response.json()).toMatchObject({ message: { content: 'Hello' } });
    });

    it('gets errors as statuses, with a document that says why', async () => {
      for (const body of ['{"message":""}', '{"message":"","stream":true}']) {
        const response = await post(body);
        expect(response.status).toBe(400);
        expect(await response.json()).toMatchObject({ code: 'invalid_request' });
      }
    });

    it('leaves in the middle, comes back and gets the rest', async () => {
      halves();
      const leaving = new AbortController();
      const response = await fetch(chat, {
        method: 'POST',
        body: STREAM_BODY,
        headers: { 'content-type': 'application/json' },
        signal: leaving.signal,
      });
      const events = response
        .body!.pipeThrough(new TextDecoderStream())
        .pipeThrough(new EventSourceParserStream());
      const { value: first } = await events.getReader().read();
      leaving.abort();
      gate.open();
      const runId = response.headers.get('x-run-id');
      const resumed = await fetch(`${service.url}/api/v1/runs/${runId}/stream`, {
        headers: { 'last-event-id': first!.id! },
      });
      const rest: Chunk[] = [];
      const resumedEvents = resumed
        .body!.pipeThrough(new TextDecoderStream())
        .pipeThrough(new EventSourceParserStream());
      for await (const { data } of resumedEvents) rest.push(JSON.parse(data) as Chunk);
      const chunks = [JSON.parse(first!.data) as Chunk, ...rest];
      expect(chunks.map(({ content }) => content)).toEqual(['Hel', 'lo', '']);
    });
  });

  const withCurl = hasCommand('curl', '--version') ? describe : describe.skip;

  withCurl('with curl', () => {
    const curl = (args: string[], input?: string) =>
      runCommand('curl', ['--silent', '--show-error', ...args], input);

    it.each([[[]], [['--http1.0']]])('reads a stream as it comes %j', async (options: string[]) => {
      halves();
      const args = [...options, '-sS', '-N', '-H', JSON_TYPE, '--data', STREAM_BODY, chat];
      const running = startCommand('curl', args);
      await running.said('data: {"content":"Hel","done":false,"model":"test-model"}\n\n');
      gate.open();
      const { code, stdout } = await running.ended;
      expect(code).toBe(0);
      expect(stdout).toMatch(/\nid: 4\ndata: {"content":"","done":true,[^\n]*}\n\n$/);
    });

    it.each([[[]], [['--http1.0']]])('reads a document %j', async (options: string[]) => {
      hello();
      const { code, stdout } = await curl([
        ...options,
        '-H',
        JSON_TYPE,
        '-d',
        '{"message":"Hi"}',
        chat,
      ]);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ message: { content: 'Hello' } });
    });

    it('gets errors as statuses', async () => {
      const { code, stdout } = await curl(['--fail-with-body', '-H', JSON_TYPE, '-d', '{', chat]);
      // 22: the server answered with 400 or more.
      expect(code).toBe(22);
      expect(JSON.parse(stdout)).toMatchObject({ code: 'malformed_json' });
    });

    it('is told when it forgot to say that it sends JSON', async () => {
      const { stdout } = await curl(['-d', '{"message":"Hi"}', chat]);
      expect(JSON.parse(stdout)).toMatchObject({
        code: 'unsupported_media_type',
        detail: expect.stringContaining('application/x-www-form-urlencoded') as unknown,
      });
    });

    it('resumes with Last-Event-ID', async () => {
      hello();
      const whole = await openStream(chat, { body: { message: 'Hi', stream: true } });
      await whole.ended;
      const url = `${service.url}/api/v1/runs/${String(whole.headers['x-run-id'])}/stream`;
      const first = whole.events[0]!;
      const { stdout } = await curl(['-N', '-H', `Last-Event-ID: ${first.id!}`, url]);
      const read = whole.text.indexOf(first.data) + `${first.data}\n\n`.length;
      expect(stdout.trimStart()).toBe(whole.text.slice(read));
    });

    it('sends a large body once it is told to go on', async () => {
      hello();
      const body = JSON.stringify({ message: 'a'.repeat(3_000_000) });
      const { code, stdout, stderr } = await curl(
        ['-v', '-H', JSON_TYPE, '-H', 'Expect: 100-continue', '--data-binary', '@-', chat],
        body,
      );
      expect(code).toBe(0);
      expect(stderr).toContain('< HTTP/1.1 100 Continue');
      expect(JSON.parse(stdout)).toMatchObject({ message: { content: 'Hello' } });
    });

    it('is told that a body is too large, however much of it is still to come', async () => {
      const body = JSON.stringify({ message: 'a'.repeat(30_000_000) });
      const { code, stdout } = await curl(['-H', JSON_TYPE, '--data-binary', '@-', chat], body);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ status: 413, code: 'body_too_large' });
    });

    it('sees the headers of what it would get', async () => {
      const { code, stdout } = await curl(['--head', `${service.url}/api/v1/models`]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(stdout).toMatch(/\r\nContent-Type: application\/json; charset=utf-8\r\n/);
    });
  });

  const withPython = hasCommand('python3', '--version') ? describe : describe.skip;

  withPython("with Python's standard library", () => {
    const python = (script: string) => startCommand('python3', ['-c', script, service.url]);

    it('reads a stream as it comes (urllib)', async () => {
      halves();
      const running = python(`
import json, sys, urllib.request
request = urllib.request.Request(
    sys.argv[1] + "/api/v1/chat",
    json.dumps({"message": "Hi", "stream": True}).encode(),
    {"Content-Type": "application/json"},
)
with urllib.request.urlopen(request) as response:
    for line in response:
        if line.startswith(b"data: "):
            chunk = json.loads(line[6:])
            print(chunk["content"], chunk["done"], flush=True)
`);
      await running.said('Hel False\n');
      gate.open();
      expect(await running.ended).toEqual({
        code: 0,
        stdout: 'Hel False\nlo False\n True\n',
        stderr: '',
      });
    });

    it('gets errors as statuses (urllib)', async () => {
      const { stdout, stderr } = await python(`
import json, sys, urllib.error, urllib.request
for body in ({"message": ""}, {"message": "", "stream": True}):
    request = urllib.request.Request(
        sys.argv[1] + "/api/v1/chat",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        print(error.code, json.load(error)["code"])
`).ended;
      expect([stdout, stderr]).toEqual(['400 invalid_request\n400 invalid_request\n', '']);
    });

    it('reads a document, leaves a stream, resumes it and goes on with one connection (http.client)', async () => {
      hello();
      halves();
      const running = python(`
import http.client, json, sys, urllib.parse
address = urllib.parse.urlsplit(sys.argv[1]).netloc
headers = {"Content-Type": "application/json"}

def chunks(response):
    while line := response.readline():
        if line.startswith(b"id: "):
            position = line[4:].strip().decode()
        if line.startswith(b"data: "):
            yield position, json.loads(line[6:])

connection = http.client.HTTPConnection(address)
connection.request("POST", "/api/v1/chat", json.dumps({"message": "Hi"}), headers)
print(json.load(connection.getresponse())["message"]["content"])

connection.request("POST", "/api/v1/chat", json.dumps({"message": "Hi", "stream": True}), headers)
response = connection.getresponse()
run = response.getheader("X-Run-Id")
position, chunk = next(chunks(response))
print(chunk["content"], flush=True)
connection.close()

connection.request("GET", f"/api/v1/runs/{run}/stream", headers={"Last-Event-ID": position})
print([chunk["content"] for _, chunk in chunks(connection.getresponse())])
used = connection.sock
connection.request("GET", "/")
print(json.load(connection.getresponse())["status"], connection.sock is used)
`);
      await running.said('Hel\n');
      gate.open();
      expect(await running.ended).toEqual({
        code: 0,
        stdout: "Hello\nHel\n['lo', '']\nhealthy True\n",
        stderr: '',
      });
    });
  });

  describe('on a connection of its own making', () => {
    const post = (body: string, ...headers: string[]) =>
      rawRequest(
        [
          'POST /api/v1/chat HTTP/1.1',
          host,
          JSON_TYPE,
          ...headers,
          `Content-Length: ${body.length}`,
        ],
        body,
      );
    const get = (path: string, method = 'GET') => rawRequest([`${method} ${path} HTTP/1.1`, host]);

    async function connected(use: (connection: RawConnection) => Promise<void>): Promise<void> {
      const connection = await RawConnection.open(service.url);
      try {
        await use(connection);
      } finally {
        gate.open();
        connection.close();
      }
    }

    it('sends all its requests at once and gets the answers in their order', () =>
      connected(async (connection) => {
        halves();
        connection.write(
          Buffer.concat([get('/'), post(STREAM_BODY), get('/api/v1/nope'), get('/health/live')]),
        );
        expect((await connection.answer()).body.toString()).toContain('healthy');
        gate.open();
        const stream = await connection.answer();
        expect(stream.headers['content-type']).toBe('text/event-stream');
        expect(stream.body.toString()).toContain('"done":true');
        expect((await connection.answer()).status).toBe(404);
        expect((await connection.answer()).body.toString()).toBe('{"status":"ok"}');
      }));

    it('is told to go on before it sends its body, and answered after', () =>
      connected(async (connection) => {
        hello();
        const body = '{"message":"Hi"}';
        const head = ['POST /api/v1/chat HTTP/1.1', host, JSON_TYPE, 'Expect: 100-continue'];
        connection.write(rawRequest([...head, `Content-Length: ${body.length}`]));
        expect((await connection.answer()).status).toBe(100);
        connection.write(body);
        expect((await connection.answer()).status).toBe(200);
      }));

    it('of HTTP/1.0 is answered until the connection ends, in plain bytes', () =>
      connected(async (connection) => {
        hello();
        const head = ['POST /api/v1/chat HTTP/1.0', JSON_TYPE, 'Connection: keep-alive'];
        connection.write(
          rawRequest([...head, `Content-Length: ${STREAM_BODY.length}`], STREAM_BODY),
        );
        const { status, headers, body } = await connection.answer();
        expect(status).toBe(200);
        expect(headers).not.toHaveProperty('transfer-encoding');
        expect(body.toString()).toMatch(/^\nid: 1\n[^]*"done":true[^\n]*\n\n$/);
        await connection.ended();
      }));

    it('that asks to close it after a stream is heard', () =>
      connected(async (connection) => {
        hello();
        connection.write(post(STREAM_BODY, 'Connection: close'));
        expect((await connection.answer()).body.toString()).toContain('"done":true');
        await connection.ended();
      }));

    it('gets the headers of each route that can be read, and no body', () =>
      connected(async (connection) => {
        halves();
        const running = await openStream(chat, { body: { message: 'Hi', stream: true } });
        await running.event(0);
        const run = `/api/v1/runs/${String(running.headers['x-run-id'])}`;
        for (const path of [
          '/',
          '/api/v1/models',
          '/api/v1/agents',
          run,
          `${run}/stream`,
          '/api/v1/nope',
          '/health/live',
          '/health/ready',
          '/docs',
          '/openapi.json',
        ]) {
          // Were there a body, the answer that follows would not be one.
          connection.write(get(path, 'HEAD'));
          const head = await connection.answer(false);
          connection.write(get('/health/live'));
          expect((await connection.answer()).body.toString()).toBe('{"status":"ok"}');
          const whole = await openStream(service.url + path);
          expect([path, head.status]).toEqual([path, whole.status]);
          expect(head.headers['content-type']).toBe(whole.headers['content-type']);
          // A problem names the method, so it is not as long.
          if (head.status === 200) {
            expect(head.headers['content-length']).toBe(whole.headers['content-length']);
          }
          whole.cut();
        }
        connection.write(get('/api/v1/chat', 'HEAD'));
        const { status, headers } = await connection.answer(false);
        expect([status, headers['allow']]).toEqual([405, 'POST']);
      }));
  });

  it('uses its connection again after a stream, a document and a refusal', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (body: string) =>
      new Promise<{ status: number; reused: boolean }>((resolve, reject) => {
        const asking = httpRequest(chat, {
          agent,
          method: 'POST',
          headers: { 'content-type': 'application/json' },
        });
        asking.once('error', reject).once('response', (response: IncomingMessage) => {
          const { statusCode: status = 0 } = response;
          response.resume().once('close', () => resolve({ status, reused: asking.reusedSocket }));
        });
        asking.end(body);
      });
    try {
      for (const [body, status, reused] of [
        [STREAM_BODY, 200, false],
        ['{"message":"Hi"}', 200, true],
        ['{"message":""}', 400, true],
        ['{', 400, true],
        [STREAM_BODY, 200, true],
      ] as const) {
        if (status === 200) hello();
        expect([body, await ask(body)]).toEqual([body, { status, reused }]);
      }
    } finally {
      agent.destroy();
    }
  });
});
