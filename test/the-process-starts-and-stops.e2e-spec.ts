import { spawn } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventSource } from 'eventsource';
import { writeConfigDir, type TestConfiguration } from './support/config-dir.js';
import { openStream, request } from './support/http-client.js';
import { chunksOf, contentOf } from './support/native-chunks.js';
import type { OpenStream } from './support/open-stream.js';
import { startProcess, type ServiceProcess } from './support/process.js';
import { stall } from './support/provider/faults.js';
import { answer, done, finish, role, text, usage } from './support/provider/steps.js';
import { RawConnection, rawRequest } from './support/raw-http.js';
import { ScriptedProvider } from './support/scripted-provider.js';

const ROOT = join(import.meta.dirname, '..');
const SHIPPED = join(ROOT, 'config');
const STREAM = { message: 'Hi', stream: true };
/** More than the kernel's buffers of a connection take in. */
const BIG = 'a'.repeat(50_000);
const BIG_PIECES = 400;

let provider: ScriptedProvider;
/** What the tests have to clear away, the last first. */
const cleanUps: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  provider = await ScriptedProvider.start();
  cleanUps.push(() => provider.close());
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'agno-api-process-'));
  cleanUps.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function configured(configuration: TestConfiguration): Promise<Record<string, string>> {
  const config = await writeConfigDir({ provider, ...configuration });
  cleanUps.push(() => config.remove());
  return config.env;
}

async function started(env: Record<string, string>): Promise<ServiceProcess> {
  const service = await startProcess(env);
  cleanUps.push(() => service.stop('SIGKILL'));
  return service;
}

const startedWith = async (env: Record<string, string>) =>
  started(await configured({ env: { SHUTDOWN_GRACE: '60s', ...env } }));

/** Runs the built service, where its files were written, until it ends by itself. */
async function runToItsEnd(env: Record<string, string>) {
  const child = spawn(process.execPath, [join(ROOT, 'dist/main.js')], {
    cwd: dirname(env['DATA_DIR']!),
    env: { PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  cleanUps.push(async () => child.kill('SIGKILL'));
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (said.stdout += piece));
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (said.stderr += piece));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, ...said };
}

describe('a process that cannot serve', () => {
  it('ends with 1 and one line for each fault of its environment and files, and nothing else', async () => {
    const env = await configured({
      modelsYaml: {
        providers: { a: { base_url: 'http://127.0.0.1:9/v1' } },
        models: { b: { provider: 'aa', context_window: 'many', pricse: {} } },
      },
      agentsYaml: { agents: { c: { name: 'C' } } },
      env: { PORT: 'abc', LOG_CONTENT: 'perhaps' },
    });
    const { code, stdout, stderr } = await runToItsEnd(env);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr.trimEnd().split('\n')).toEqual([
      'environment: PORT: found "abc", allowed: a whole number from 0 to 65535',
      expect.stringMatching(/^environment: LOG_CONTENT: found "perhaps", allowed: true or false/),
      expect.stringMatching(
        /^models\.yaml: models\.b\.pricse: found an unknown key, allowed: .* \(did you mean "prices"\?\)$/,
      ),
      'models.yaml: models.b.context_window: found "many", allowed: a whole number of at least 1',
      'models.yaml: models.b.provider: found "aa", allowed: a (did you mean "a"?)',
      expect.stringMatching(/^agents\.yaml: agents\.c\.instructions: found nothing, allowed: /),
    ]);
  });

  it.each<[string, TestConfiguration, RegExp[]]>([
    ['YAML that is none', { modelsYaml: 'models:\n\t- a' }, [/^models\.yaml:2:1: /]],
    ['no agent', { agentsYaml: { agents: {} } }, [/^agents\.yaml: agents: found no agent/]],
    [
      'files that are missing',
      { env: { CONFIG_DIR: '/nowhere' } },
      [/^\/nowhere\/models\.yaml: the file is missing/, /^\/nowhere\/agents\.yaml: the file is/],
    ],
    [
      'a secret in the place of its path',
      {
        modelsYaml: {
          providers: { a: { base_url: 'http://a/v1', api_key: '${A_KEY}' } },
          models: {},
        },
        env: { A_KEY_FILE: 'sk-hush' },
      },
      [/^environment: A_KEY_FILE: found a path that cannot be read \(ENOENT\)/],
    ],
    [
      'certificates that are none',
      { env: { NODE_EXTRA_CA_CERTS: 'agents.yaml' } },
      [/^environment: NODE_EXTRA_CA_CERTS: found "agents\.yaml" \(no certificate in it\)/],
    ],
  ])('says in one line a fault that it has %s', async (_, configuration, expected) => {
    const env = await configured(configuration);
    const { code, stdout, stderr } = await runToItsEnd(env);
    const lines = stderr.trimEnd().split('\n');
    expect([code, stdout, lines.length]).toEqual([1, '', expected.length]);
    lines.forEach((line, index) => expect(line).toMatch(expected[index]!));
    expect(stderr).not.toContain('sk-hush');
  });

  it('ends with 1 and one line where its port is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    cleanUps.push(() => new Promise((resolve) => taken.close(resolve)));
    const { port } = taken.address() as { port: number };
    const env = await configured({ env: { PORT: String(port) } });
    const { code, stdout, stderr } = await runToItsEnd(env);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `Cannot listen on 127.0.0.1:${port}: the port is taken; set PORT to another one\n`,
    );
    expect(stdout).not.toContain('"listening"');
  });
});

describe('a process that starts', () => {
  const models = async (service: ServiceProcess) =>
    (await request(`${service.url}/api/v1/models`)).json<{
      data: { id: string; default: boolean }[];
    }>().data;
  const standard = async (service: ServiceProcess) =>
    (await models(service)).filter((model) => model.default).map(({ id }) => id);

  it('says where it listens', async () => {
    const service = await started(await configured({}));
    const [line] = service.log.lines.filter(({ msg }) => msg === 'listening');
    expect(line).toMatchObject({ level: 'info', default_model: 'test-model' });
    expect(line!['url']).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await request(`${line!['url'] as string}/health/ready`)).status).toBe(200);
    expect(service.log.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('warns of what is not wrong but should be known', async () => {
    const service = await started({
      CONFIG_DIR: SHIPPED,
      DATA_DIR: await directory(),
      HOST: '0.0.0.0',
      OPENAI_API_KEY: 'sk-test-1234567890',
      MODEL_NAME: 'gpt-99',
    });
    const warnings = service.log.lines.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/^HOST: 0\.0\.0\.0 can be reached from other machines/),
      expect.stringMatching(/^MODEL_NAME: "gpt-99" is not listed in models\.yaml/),
    ]);
    expect(await standard(service)).toEqual(['gpt-99']);
    expect(service.log.text).not.toContain('sk-test');
  });

  it('answers without any key, piece by piece', async () => {
    const service = await started({ CONFIG_DIR: SHIPPED, DATA_DIR: await directory() });
    expect(await standard(service)).toEqual(['offline/assistant']);
    const reading = await openStream(`${service.url}/api/v1/chat`, { body: STREAM });
    expect(await reading.ended).toBe('end');
    const chunks = chunksOf(reading.events);
    expect(chunks.filter(({ content }) => content !== '').length).toBeGreaterThanOrEqual(10);
    expect(chunks.at(-1)).toMatchObject({
      done: true,
      model: 'offline/assistant',
      finish_reason: 'stop',
    });
  });

  describe('with a key for a provider', () => {
    const KEY = 'sk-test-abcdef123456';

    async function asks(env: Record<string, string>) {
      provider.apiKey = KEY;
      provider.always(answer('Hello'));
      const service = await started({
        CONFIG_DIR: SHIPPED,
        DATA_DIR: await directory(),
        OPENAI_BASE_URL: provider.baseUrl,
        ...env,
      });
      const answered = await request(`${service.url}/api/v1/chat`, { body: { message: 'Hi' } });
      expect(answered.json()).toMatchObject({ message: { content: 'Hello' } });
      const { headers, body } = provider.requests[0]!;
      expect(headers.authorization).toBe(`Bearer ${KEY}`);
      expect(answered.json()['model']).toBe(body.model);
      expect(service.log.text).not.toContain(KEY);
      return body.model;
    }

    it('asks it for the first model that it has', async () => {
      expect(await asks({ OPENAI_API_KEY: KEY })).toBe('gpt-4o-mini');
    });

    it('asks it for the model of MODEL_NAME, listed or not', async () => {
      expect(await asks({ OPENAI_API_KEY: KEY, MODEL_NAME: 'gpt-4.1' })).toBe('gpt-4.1');
    });

    it('asks it for a MODEL_NAME that is not listed', async () => {
      expect(await asks({ OPENAI_API_KEY: KEY, MODEL_NAME: 'my-own' })).toBe('my-own');
    });

    it('finds the key in a file', async () => {
      const file = join(await directory(), 'key');
      await writeFile(file, `${KEY}\n`);
      expect(await asks({ OPENAI_API_KEY_FILE: file })).toBe('gpt-4o-mini');
    });

    it('finds it in .env, where the environment does not have it', async () => {
      // It is started where its configuration is.
      const cwd = await directory();
      await cp(SHIPPED, cwd, { recursive: true });
      await writeFile(join(cwd, '.env'), `OPENAI_API_KEY=${KEY}\nMODEL_NAME=gpt-4o\n`);
      expect(await asks({ CONFIG_DIR: cwd })).toBe('gpt-4o');
    });
  });
});

describe('a process that is told to stop', () => {
  const open = async (service: ServiceProcess): Promise<OpenStream> => {
    const reading = await openStream(`${service.url}/api/v1/chat`, { body: STREAM });
    await reading.event(0);
    return reading;
  };
  const stopping = ({ log }: ServiceProcess) => log.until(({ msg }) => msg === 'stopping');
  /** Waits until no new connection is taken. */
  const closed = async ({ url }: ServiceProcess) => {
    while (
      await request(`${url}/health/live`).then(
        () => true,
        () => false,
      )
    );
  };
  /** Waits until new requests are refused. */
  const draining = async ({ url }: ServiceProcess) => {
    while ((await request(`${url}/health/ready`)).status === 200);
  };

  it.each(['SIGTERM', 'SIGINT'] as const)('ends at once by %s when it is idle', async (signal) => {
    const service = await startedWith({});
    const kept = await RawConnection.open(service.url);
    kept.write(rawRequest(['GET /health/live HTTP/1.1', 'Host: x']));
    expect((await kept.answer()).status).toBe(200);
    expect(await service.stop(signal)).toEqual({ code: 0, signal: null });
    await kept.ended();
    expect(service.log.lines.slice(-2)).toMatchObject([
      { msg: 'stopping', signal, grace_ms: 60_000 },
      { msg: 'stopped' },
    ]);
  });

  it('ends though nobody reads its log any more', async () => {
    const service = await startedWith({});
    service.child.stdout!.destroy();
    expect((await request(`${service.url}/api/v1/models`)).status).toBe(200);
    expect(await service.stop()).toEqual({ code: 0, signal: null });
  });

  it('lets an answer finish, and refuses new requests meanwhile', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('Hel'), gate, text('lo'), finish(), usage(), done()]);
    const service = await startedWith({});
    const reading = await open(service);
    const end = service.stop();
    await draining(service);
    for (const [path, body] of [
      ['/api/v1/chat', STREAM],
      ['/api/v1/chat', { message: 'Hi' }],
      ['/api/v1/models', undefined],
      ['/', undefined],
    ] as const) {
      const refused = await request(service.url + path, { body });
      expect(refused.status).toBe(503);
      expect(refused.headers).toMatchObject({
        'content-type': 'application/problem+json; charset=utf-8',
        'retry-after': '1',
        connection: 'close',
      });
      expect(refused.json()).toMatchObject({ code: 'shutting_down', instance: path });
    }
    expect((await request(`${service.url}/health/live`)).status).toBe(200);
    const ready = await request(`${service.url}/health/ready`);
    expect(ready.status).toBe(503);
    expect(ready.json()).toMatchObject({
      error: { process: { status: 'down', reason: 'stopping' } },
    });
    gate.open();
    expect(await reading.ended).toBe('end');
    expect(contentOf(reading.events)).toBe('Hello');
    expect(chunksOf(reading.events).at(-1)).toMatchObject({ done: true, finish_reason: 'stop' });
    expect(await end).toEqual({ code: 0, signal: null });
    expect(provider.requests).toHaveLength(1);
  });

  it('does not wait for those who keep their connection after the answer', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('a'), gate, finish(), usage(), done()]);
    const service = await startedWith({});
    const kept = await RawConnection.open(service.url);
    const body = JSON.stringify(STREAM);
    const head = ['POST /api/v1/chat HTTP/1.1', 'Host: x', 'Content-Type: application/json'];
    kept.write(rawRequest([...head, `Content-Length: ${body.length}`], body));
    await gate.reached;
    const end = service.stop();
    await draining(service);
    gate.open();
    expect((await kept.answer()).body.toString()).toContain('"done":true');
    await kept.ended();
    expect(await end).toEqual({ code: 0, signal: null });
  });

  it('lets a slow reader have the whole of an answer that is over', async () => {
    provider.reply([role(), text(...Array<string>(BIG_PIECES).fill(BIG)), finish(), done()]);
    const service = await startedWith({});
    const reading = await openStream(`${service.url}/api/v1/chat`, { body: { message: 'Hi' } });
    reading.pause();
    const end = service.stop();
    await closed(service);
    reading.resume();
    expect(await reading.ended).toBe('end');
    const { message } = JSON.parse(reading.text) as { message: { content: string } };
    expect(message.content.length).toBe(BIG.length * BIG_PIECES);
    expect(await end).toEqual({ code: 0, signal: null });
  });

  it('refuses a request whose body comes after the signal', async () => {
    const service = await startedWith({});
    const late = await RawConnection.open(service.url);
    const body = JSON.stringify(STREAM);
    const head = ['POST /api/v1/chat HTTP/1.1', 'Host: x', 'Content-Type: application/json'];
    late.write(rawRequest([...head, 'Expect: 100-continue', `Content-Length: ${body.length}`]));
    expect((await late.answer()).status).toBe(100);
    const end = service.stop();
    await closed(service);
    late.write(body);
    const refused = await late.answer();
    expect(refused.status).toBe(503);
    expect(JSON.parse(refused.body.toString())).toMatchObject({ code: 'shutting_down' });
    expect(await end).toEqual({ code: 0, signal: null });
    expect(provider.requests).toHaveLength(0);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'leaves by %s what does not finish in time, and tells its readers to come back',
    async (signal) => {
      const gate = provider.gate();
      provider.reply([role(), text('Hel'), stall()]);
      provider.always([role(), gate]);
      const service = await startedWith({ SHUTDOWN_GRACE: '200ms' });
      const reading = await open(service);
      const ask = (body: object) => request(`${service.url}/api/v1/chat`, { body });
      // One that waits for the whole answer, and one whose stream has not begun.
      const waiting = [ask({ message: 'Hi' }), ask(STREAM)];
      while (provider.requests.length < 3) await provider.nextRequest();
      const end = service.stop(signal);
      expect(await reading.ended).toBe('end');
      expect(reading.text).toBe(
        '\nid: 1\ndata: {"content":"Hel","done":false,"model":"test-model"}\n\nretry: 1000\n\n',
      );
      for (const refused of await Promise.all(waiting)) {
        expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
        expect(refused.json()).toMatchObject({
          code: 'shutting_down',
          retryable: true,
          run_id: refused.headers['x-run-id'],
          session_id: refused.headers['x-session-id'],
        });
      }
      expect(await end).toEqual({ code: 0, signal: null });
      for (const asked of provider.requests) expect(await asked.closed).toBe('left');
      gate.open();
    },
  );

  it('tells a slow reader so between two events, and lets it have those that it was handed', async () => {
    provider.reply([role(), text(...Array<string>(BIG_PIECES).fill(BIG)), finish(), done()]);
    provider.reply([role(), text('Hel'), stall()]);
    const service = await startedWith({ SHUTDOWN_GRACE: '200ms' });
    const reading = await openStream(`${service.url}/api/v1/chat`, { body: STREAM });
    reading.pause();
    await service.log.until(({ msg }) => msg === 'run finished');
    const quick = await open(service);
    const end = service.stop();
    expect(await quick.ended).toBe('end');
    reading.resume();
    expect(await reading.ended).toBe('end');
    expect(reading.text).toMatch(/^\n(?:id: \d+\ndata: {[^\n]*}\n\n|retry: 1000\n\n)+$/);
    expect(reading.text.match(/^retry: /gm)).toHaveLength(1);
    const ids = reading.events.map(({ id }) => Number(id));
    expect(ids).toEqual(ids.map((_, index) => index + 1));
    expect(chunksOf(reading.events).some((chunk) => chunk.done)).toBe(false);
    expect(await end).toEqual({ code: 0, signal: null });
  });

  it('tells whoever asks for a stream meanwhile to come back', async () => {
    const origin = 'https://app.example';
    const gate = provider.gate();
    provider.reply([role(), text('Hel'), gate, finish(), done()]);
    const service = await startedWith({ CORS_ORIGINS: origin });
    const reading = await open(service);
    const end = service.stop();
    await draining(service);
    const runs = `${service.url}/api/v1/runs`;
    const stream = `${runs}/${String(reading.headers['x-run-id'])}/stream`;
    for (const url of [stream, `${stream}?after=1`, `${runs}/no-such-run/stream`]) {
      for (const method of ['GET', 'HEAD']) {
        const told = await request(url, { method, headers: { origin, 'last-event-id': '99' } });
        expect([told.status, told.body]).toEqual([200, method === 'GET' ? 'retry: 1000\n\n' : '']);
        expect(told.headers).toMatchObject({
          'content-type': 'text/event-stream',
          'cache-control': expect.stringContaining('no-transform') as unknown,
          'access-control-allow-origin': origin,
          'x-request-id': expect.any(String) as unknown,
          connection: 'close',
        });
      }
    }
    expect((await request(stream, { method: 'POST' })).status).toBe(503);
    expect((await request(`${stream}/more`)).status).toBe(503);
    const source = new EventSource(stream);
    await new Promise((resolve) => source.addEventListener('error', resolve, { once: true }));
    expect(source.readyState).toBe(source.CONNECTING);
    source.close();
    gate.open();
    expect(await reading.ended).toBe('end');
    expect(await end).toEqual({ code: 0, signal: null });
  });

  it('ends at once by a second signal', async () => {
    provider.reply([role(), text('Hel'), stall()]);
    const service = await startedWith({});
    const reading = await open(service);
    service.child.kill('SIGTERM');
    await stopping(service);
    expect(await service.stop('SIGTERM')).toEqual({ code: 1, signal: null });
    expect(await reading.ended).toBe('cut');
    expect(chunksOf(reading.events).some((chunk) => chunk.done)).toBe(false);
  });

  it('does not wait for ever for a reader that has stopped reading', async () => {
    provider.reply([role(), text(...Array<string>(BIG_PIECES).fill(BIG)), finish(), done()]);
    const service = await startedWith({ SHUTDOWN_GRACE: '0' });
    const reading = await openStream(`${service.url}/api/v1/chat`, { body: STREAM });
    reading.pause();
    await service.log.until(({ msg }) => msg === 'run finished');
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    reading.resume();
    expect(await reading.ended).toBe('cut');
  });
});
