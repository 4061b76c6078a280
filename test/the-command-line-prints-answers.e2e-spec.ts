import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { COMMAND_LINE, callCommandLine } from './support/command-line.js';
import { freePort } from './support/free-port.js';
import { request } from './support/http-client.js';
import { KillableService } from './support/killable-service.js';
import {
  answer,
  done,
  errorChunk,
  finish,
  role,
  text,
  toolCalls,
  usage,
} from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';
import { TcpRelay } from './support/tcp-relay.js';
import { TestTools, TestToolsModule, TOOL_AGENT } from './support/test-tools.js';

/** A device on which there is never any room. */
const onFullDevice = existsSync('/dev/full') ? it : it.skip;

describe('the command line, in a pipe', () => {
  let provider: ScriptedProvider;
  let service: RunningService;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    service = await startService({
      provider,
      modules: [TestToolsModule],
      env: { MAX_CONTINUATIONS: '0' },
      agentsYaml: { agents: { assistant: { ...TOOL_AGENT, default: true } } },
    });
  });
  afterAll(async () => {
    await service.close();
    await provider.close();
  });

  const call = (...args: string[]) => callCommandLine(service.url, args).ended;
  const lastAsked = () => provider.requests.at(-1)!.body;

  it('prints the text alone, byte for byte, and ends its last line', async () => {
    const said = '# A **bold** \u{1f600} [link](https://example.org)\n\n\u001b[31m- not red';
    provider.reply(answer(said));
    const { code, stdout, stderr } = await call('What', 'now?');
    expect(stdout).toBe(`${said}\n`);
    expect([code, stderr]).toEqual([0, '']);
    expect(lastAsked().messages.at(-1)).toEqual({ role: 'user', content: 'What now?' });
  });

  it.each([
    ['after "-"', ['-']],
    ['without any message', []],
  ])('reads the message from its input, %s', async (_name, args) => {
    provider.reply(answer('Read.\n'));
    const input = 'Two\nlines of \u00e4\u00f6\u00fc';
    const { stdout } = await callCommandLine(service.url, args, { input }).ended;
    expect(stdout).toBe('Read.\n');
    expect(lastAsked().messages.at(-1)).toEqual({ role: 'user', content: input });
  });

  it('asks with what its options say', async () => {
    provider.reply(answer('First.')).reply(answer('Second.'));
    const first = await call(
      ...['--model', 'other-model', '--max-tokens', '5', '--temperature', '0.5'],
      ...['--instructions', 'Be brief.', '--json', 'Hi'],
    );
    const { session_id: session } = JSON.parse(first.stdout) as { session_id: string };
    expect(lastAsked()).toMatchObject({ model: 'other-model', max_tokens: 5, temperature: 0.5 });
    expect(JSON.stringify(lastAsked().messages[0])).toContain('Be brief.');
    await call('--session', session, '--no-stream', 'And now?');
    expect(lastAsked().messages.map(({ content }) => content)).toEqual(
      expect.arrayContaining(['Hi', 'First.', 'And now?']),
    );
  });

  it('sends further headers', async () => {
    const headers: unknown[] = [];
    const server = createServer((asked, response) => {
      headers.push(asked.headers['x-team']);
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>A proxy</h1>');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, stderr } = await callCommandLine(url, ['--header', 'X-Team: blue', 'Hi']).ended;
    expect(headers).toEqual(['blue']);
    expect(stderr).toContain('answered 200 with text/html: that is not this service');
    expect(code).toBe(3);
    server.close();
  });

  it('touches nothing but the routes of chat and runs', async () => {
    const paths = new Set<string>();
    const server = createServer((asked, response) => {
      paths.add(asked.url!.replace(/[0-9a-f-]{36}/, ':id'));
      const chunks: Buffer[] = [];
      asked.on('data', (chunk: Buffer) => chunks.push(chunk));
      asked.on('end', () => {
        void fetch(service.url + asked.url, {
          method: asked.method!,
          headers: { 'Content-Type': 'application/json', Accept: String(asked.headers.accept) },
          ...(asked.method === 'POST' && { body: Buffer.concat(chunks) }),
        }).then(async (answered) => {
          response.writeHead(answered.status, {
            'Content-Type': answered.headers.get('Content-Type')!,
            'X-Run-Id': answered.headers.get('X-Run-Id') ?? '',
          });
          response.end(Buffer.from(await answered.arrayBuffer()));
        });
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    provider.reply(answer('One.')).reply(answer('Two.')).reply(answer('Three.'));
    for (const args of [['Hi'], ['--no-stream', 'Hi'], ['--json', '--stats', 'Hi']]) {
      expect((await callCommandLine(url, args).ended).code).toBe(0);
    }
    expect([...paths]).toEqual(['/api/v1/chat']);
    server.close();
  });

  it('prints each event with its time, raw', async () => {
    provider.reply([role(), text('Hel'), finish(), usage(), done()]);
    const { stdout } = await call('--raw', 'Hi');
    const [first, last, end] = stdout.split('\n');
    expect(first).toMatch(
      /^\+ *\d+ ms {2}id 1 {2}\{"content":"Hel","done":false,"model":"test-model"\}$/,
    );
    expect(last).toMatch(/^\+ *\d+ ms {2}id \d+ {2}\{"content":"","done":true,/);
    expect(end).toBe('');
  });

  it('tells of times, tokens and gaps', async () => {
    provider.reply(answer('a')).reply(answer('a'));
    const streamed = await call('--stats', 'Hi');
    expect(streamed.stdout).toBe('a\n');
    expect(streamed.stderr).toMatch(/first token +[\d.]+ ms\ntotal +[\d.]+ ms\ntokens\/s +/);
    expect(streamed.stderr).toMatch(/usage +\d+ \+ \d+ = \d+ tokens/);
    const whole = await call('--stats', '--no-stream', 'Hi');
    expect(whole.stdout).toBe('a\n');
    expect(whole.stderr).toMatch(/^total +[\d.]+ ms\n/);
  });

  it('prints character by character, whatever a character is made of', async () => {
    const family = '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}';
    provider.reply(answer(`a${family}b`));
    const calling = callCommandLine(service.url, ['--delay', '1', 'Hi']);
    const pieces: string[] = [];
    calling.child.stdout!.on('data', (piece: string) => pieces.push(piece));
    expect((await calling.ended).stdout).toBe(`a${family}b\n`);
    expect(pieces.some((piece) => /\u200d$|^\u200d/.test(piece))).toBe(false);
  });

  it('goes on where the connection was cut, and says so beside the answer', async () => {
    const relay = await TcpRelay.start(service.url);
    const gate = provider.gate();
    provider.reply([role(), text('One'), gate, text(', two.'), finish(), usage(), done()]);
    const calling = callCommandLine(relay.url, ['Count']);
    await calling.said('One');
    relay.cut();
    await calling.said('connection lost after event 1');
    gate.open();
    const { code, stdout, stderr } = await calling.ended;
    expect([code, stdout]).toEqual([0, 'One, two.\n']);
    expect(stderr).toContain('resumed after event 1');
    await relay.close();
  });

  it('prints the answer of a run that was started before', async () => {
    provider.reply(answer('Said before.'));
    const asked = await request(`${service.url}/api/v1/chat`, { body: { message: 'Hi' } });
    const run = String(asked.json()['run_id']);
    expect(await call('--resume', run)).toEqual({ code: 0, stdout: 'Said before.\n', stderr: '' });
    const { stdout } = await call('--resume', run, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ run_id: run, text: 'Said before.' });
  });

  it('cancels the run when it is interrupted', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('So far'), gate, finish(), done()]);
    const calling = callCommandLine(service.url, ['Hi']);
    await calling.said('So far');
    calling.child.kill('SIGINT');
    const { code, stdout } = await calling.ended;
    expect([code, stdout]).toEqual([130, 'So far\n']);
    const { data } = (await request(`${service.url}/api/v1/runs?limit=1`)).json<{
      data: { state: string }[];
    }>();
    expect(data[0]!.state).toBe('cancelled');
    gate.open();
  });

  it('cancels a run whose answer is not there yet, too', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('So far'), gate, finish(), done()]);
    const calling = callCommandLine(service.url, ['--no-stream', 'Hi']);
    await gate.reached;
    calling.child.kill('SIGINT');
    const { code, stdout } = await calling.ended;
    expect([code, stdout]).toEqual([130, 'So far\n']);
    gate.open();
  });

  it('prints the document of a run that waits, and of a refusal, with --json', async () => {
    const mail = { id: 'c1', name: 'send_mail', arguments: { to: 'ann' } };
    provider.reply(toolCalls(mail)).reply(answer('Over.'));
    const waiting = await call('--json', 'Write to Ann');
    const run = JSON.parse(waiting.stdout) as { run_id: string };
    expect([waiting.code, run]).toMatchObject([5, { state: 'waiting' }]);
    const still = await call('--json', '--resume', run.run_id);
    expect([still.code, JSON.parse(still.stdout)]).toMatchObject([5, { ...run, text: '' }]);
    expect((await call('--resume', run.run_id, '--yes')).code).toBe(0);
    for (const args of [
      ['--model', 'nope', 'Hi'],
      ['--resume', 'nope'],
    ]) {
      const { code, stdout } = await call('--json', ...args);
      expect([code, JSON.parse(stdout)]).toMatchObject([
        2,
        { title: expect.stringMatching(/^There is no such/) },
      ]);
    }
  });

  it('says which call waits for approval, and how it is approved', async () => {
    const { sent } = service.app.get(TestTools, { strict: false });
    sent.length = 0;
    const mail = { id: 'c1', name: 'send_mail', arguments: { to: 'ann' } };
    provider.reply(toolCalls(mail)).reply(answer('Sent.'));
    const { code, stderr } = await call('Write to Ann');
    expect(code).toBe(5);
    expect(stderr).toContain('Waiting for approval: send_mail({"to":"ann"})');
    const [, run] = /--resume (\S+) --yes/.exec(stderr)!;
    const approved = await call('--resume', run!, '--yes');
    expect([approved.code, approved.stdout]).toEqual([0, 'Sent.\n']);
    expect(sent).toEqual(['ann']);
  });

  describe('says what is wrong, and ends with a code of its own', () => {
    it('where no service is', async () => {
      const url = `http://127.0.0.1:${await freePort()}`;
      const { code, stdout, stderr } = await callCommandLine(url, ['Hi']).ended;
      expect([code, stdout]).toEqual([3, '']);
      expect(stderr).toBe(
        `No service answers at ${url}\n` +
          'Start one in the folder of the service:  npm start\n' +
          'Is it elsewhere? Say where with --url or AGNO_URL\n',
      );
    });

    it('where the model is unknown', async () => {
      const { code, stderr } = await call('--model', 'nope', 'Hi');
      expect(code).toBe(2);
      expect(stderr).toMatch(
        /^There is no model "nope"\..*\(model_not_found\)\nSee agno-chat models\n$/,
      );
    });

    it('where the service refuses a value', async () => {
      const { code, stderr } = await call('--temperature', '3', 'Hi');
      expect(code).toBe(2);
      expect(stderr).toContain('temperature must not be greater than 2');
    });

    it.each([
      [['--bogus', 'Hi'], "Unknown option '--bogus'"],
      [['--max-tokens', 'many', 'Hi'], '--max-tokens takes a whole number from 1, not "many"'],
      [['--url', 'nonsense', 'Hi'], '--url takes an address'],
      [['--header', 'nonsense', 'Hi'], '--header takes "Name: value"'],
      [['--raw', '--json', 'Hi'], '--raw and --json exclude each other'],
      [['--resume', 'x', 'Hi'], 'say no message'],
      [['-', 'Hi'], 'say nothing beside it'],
      [[' '], 'There is no message'],
    ])('where it is called with %j', async (args, said) => {
      const { code, stderr } = await call(...args);
      expect(code).toBe(2);
      expect(stderr).toContain(said);
      expect(stderr).toContain('See agno-chat --help');
    });

    it('where what it reads is no text', async () => {
      const input = Buffer.from([0x61, 0xff, 0xfe]);
      const { code, stderr } = await callCommandLine(service.url, ['-'], { input }).ended;
      expect([code, stderr]).toEqual([
        2,
        'The message on standard input is not UTF-8\nSee agno-chat --help\n',
      ]);
    });

    it('where the message is larger than the service takes', async () => {
      const input = 'a'.repeat(2 ** 21);
      const { code, stderr } = await callCommandLine(service.url, [], { input }).ended;
      expect([code, stderr]).toEqual([2, expect.stringContaining('(body_too_large)\n')]);
    });

    it('where the address leads beside the service', async () => {
      const { code, stderr } = await call('--url', `${service.url}/api`, 'Hi');
      expect([code, stderr]).toEqual([
        2,
        'There is no route POST /api/api/v1/chat. (route_not_found)\nIs --url right?\n',
      ]);
    });

    it('where the address is of nobody', async () => {
      const { code, stderr } = await call('--url', 'http://nobody.invalid', 'Hi');
      expect(code).toBe(3);
      expect(stderr).toMatch(
        /^No service answers at http:\/\/nobody\.invalid: .+\nIs it elsewhere/,
      );
    });

    onFullDevice('where the answer cannot be written', async () => {
      provider.reply(answer('Lost.'));
      const full = openSync('/dev/full', 'w');
      const stdio = ['ignore', full, 'pipe'] as const;
      const env = { AGNO_URL: service.url };
      const child = spawn(process.execPath, [COMMAND_LINE, 'Hi'], { stdio: [...stdio], env });
      closeSync(full);
      let told = '';
      child.stderr!.on('data', (bytes: Buffer) => (told += String(bytes)));
      const [code] = (await once(child, 'close')) as [number];
      expect([code, told]).toEqual([
        1,
        expect.stringMatching(/^What was answered cannot be written: .+\n$/),
      ]);
    });

    it('by the name that it was called by', async () => {
      const env = { npm_lifecycle_event: 'chat' };
      const { stderr } = await callCommandLine(service.url, ['--bogus'], { env }).ended;
      expect(stderr).toContain('See npm run chat -- --help');
    });

    it.each([[[]], [['--no-stream']]])('where the answer fails in its middle, %j', async (args) => {
      provider.reply([role(), text('So far'), errorChunk()]);
      const { code, stdout, stderr } = await call(...args, 'Hi');
      expect(code).toBe(1);
      expect(stdout).toBe('So far\n');
      expect(stderr).toMatch(/^The run failed: .*\)\n/);
    });
  });

  it('lists models, sessions and runs', async () => {
    provider.reply(answer('Listed.'));
    await call('To be listed');
    const models = (await call('models')).stdout;
    expect(models).toMatch(/^\* test-model +scripted +available$/m);
    expect(models).toMatch(
      /^ {2}keyless-model +keyless +not available: KEYLESS_API_KEY is not set$/m,
    );
    const sessions = await call('sessions', '--limit', '1');
    expect(sessions.stdout).toMatch(/^[0-9a-f-]{36} {2}\S+Z {2}To be listed\n$/);
    expect(sessions.stderr).toBe('There are more: --limit shows them\n');
    const runs = await call('runs', '--limit', '1');
    expect(runs.stdout).toMatch(/^[0-9a-f-]{36} {2}completed {2}test-model {2}Listed\.\n$/);
    for (const what of ['models', 'sessions', 'runs']) {
      const { stdout, stderr } = await call(what, '--limit', '1', '--json');
      expect((JSON.parse(stdout) as { data: unknown[] }).data).toHaveLength(1);
      expect(stderr).toBe('');
    }
  });

  it('tells how it is used, and which version it is', async () => {
    const help = await call('--help');
    expect([help.code, help.stderr]).toEqual([0, '']);
    expect(help.stdout).toMatch(/^Usage: agno-chat /);
    expect((await call('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('the command line, while the service is killed', () => {
  it('prints the whole answer once', async () => {
    const service = await KillableService.start();
    try {
      const gate = service.provider.gate();
      service.provider.reply([role(), text('The first half'), gate]);
      const calling = callCommandLine(service.url, ['--stats', 'Tell me']);
      await calling.said('The first half');
      service.provider.always(answer(', and the second.'));
      await service.restart();
      const { code, stdout, stderr } = await calling.ended;
      expect([code, stdout]).toEqual([0, 'The first half, and the second.\n']);
      expect(stderr).toContain('connection lost after event 1');
      expect(stderr).toContain('resumed after event 1');
      expect(stderr).toMatch(/^events +\d+, 2 with text, resumed 1 time$/m);
    } finally {
      await service.close();
    }
  });
});
