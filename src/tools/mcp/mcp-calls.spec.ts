import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env as ours } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ToolProgress } from '../tool.js';
import {
  agentWith,
  gone,
  isAlive,
  McpWorkbench,
  scriptedServer,
  serverEntry,
} from './testing/mcp-servers.js';

const SECRET = 'a-secret-of-the-server';

describe('a call', () => {
  let bench: McpWorkbench;

  beforeAll(() => {
    const env = { API_TOKEN: SECRET };
    bench = new McpWorkbench([agentWith(serverEntry('s', { ...scriptedServer(), env }))]);
  });
  afterAll(() => bench.close());

  it('brings any text back unchanged', async () => {
    const text = 'ünïcode 🎉\r\n\u2028\u0000"\\';
    expect(await bench.call('s__echo', { text })).toEqual({ content: text, isError: false });
  });

  it('brings a lone surrogate back as what can be sent on', async () => {
    expect((await bench.call('s__echo', { text: 'a\ud800b' })).content).toBe('a\ufffdb');
  });

  it.each([[undefined], [null], ['text'], [[1]], [7]])('is refused with %j', async (args) => {
    const tool = (await bench.list())[0]!;
    const context = { signal: new AbortController().signal, idempotencyKey: 'k' };
    expect(await tool.run(args, context as never)).toEqual({
      content: 'The arguments must be a JSON object.',
      isError: true,
    });
  });

  it('names its idempotency key', async () => {
    const { content } = await bench.call('s__meta', {}, { idempotencyKey: 'run-1/call-2' });
    expect(JSON.parse(content)).toMatchObject({ 'agno-api/idempotency-key': 'run-1/call-2' });
  });

  it('tells its progress', async () => {
    const told: ToolProgress[] = [];
    await bench.call('s__progress', {}, { progress: (one) => told.push(one) });
    expect(told).toEqual([
      { progress: 1, total: 2, message: 'step 1' },
      { progress: 2, total: 2, message: 'step 2' },
    ]);
  });

  it('says in a line what is no text, and passes an error on', async () => {
    expect(await bench.call('s__content')).toEqual({
      content: [
        ...['a picture:', '[image/png, 1234 bytes]', '[audio/wav, 3 bytes]', 'inside'],
        ...['[x/y, 3 bytes]', 'file:///c'],
      ].join('\n'),
      isError: true,
    });
  });

  it('brings a value where there is no text', async () => {
    expect((await bench.call('s__structured')).content).toBe('{"temperature":21}');
  });

  it('that the server refuses is a result with its words', async () => {
    const { content, isError } = await bench.call('s__refuse');
    expect(isError).toBe(true);
    expect(content).toContain('Give it a "text".');
  });

  it('with an answer that is none says so', async () => {
    expect(await bench.call('s__nonsense')).toEqual({
      content:
        "The call failed: the server's answer is not a valid result. The call may or may not have run.",
      isError: true,
    });
  });

  it('brings 8 MB, and says of 17 MB that it is too much, and the server lives on', async () => {
    const large = await bench.call('s__huge', { bytes: 8_000_000 });
    expect(large.content).toHaveLength(8_000_000);
    const tooLarge = await bench.call('s__huge', { bytes: 17 * 1024 * 1024 });
    expect(tooLarge.isError).toBe(true);
    expect(tooLarge.content).toContain('larger than 16 MB');
    expect((await bench.call('s__echo', { text: 'here' })).content).toBe('here');
  });

  it('that is given up is cancelled at the server, and ends at once', async () => {
    const end = new AbortController();
    const called = bench.call('s__hang', {}, { signal: end.signal });
    const { output } = await bench.log.line(['hanging in']);
    const id = String(output).replace('hanging in ', '');
    end.abort(new Error('the run has ended'));
    await expect(called).rejects.toThrow('the run has ended');
    await bench.log.line(['cancelled', `\\"requestId\\":${id}`]);
  });

  it('whose signal is aborted before is not made', async () => {
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(bench.call('s__echo', { text: 'x' }, { signal })).rejects.toThrow('too late');
  });

  it('is refused what it asks of us: models, people, folders', async () => {
    expect(JSON.parse((await bench.call('s__ask')).content)).toEqual([-32601, -32601, -32601]);
  });

  it('finds its own variables and the harmless ones, and none of ours', async () => {
    const names = Object.keys(ours).filter((name) => /KEY|TOKEN|npm_|JEST|NODE_/.test(name));
    expect(names.length).toBeGreaterThan(0);
    const theirs = JSON.parse((await bench.call('s__environment')).content) as object;
    expect(theirs).toMatchObject({ API_TOKEN: SECRET, PATH: ours['PATH'] });
    expect(Object.keys(theirs).filter((name) => names.includes(name))).toEqual([]);
  });

  it('leaves no secret in the log', async () => {
    expect(JSON.stringify(bench.log.lines)).not.toContain(SECRET);
  });
});

describe('a server that dies', () => {
  let folder: string;
  let started: string;
  let bench: McpWorkbench;
  const pids = async () => (await readFile(started, 'utf8')).trim().split('\n').map(Number);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mcp-dies-'));
    started = join(folder, 'started');
    bench = new McpWorkbench([agentWith(serverEntry('s', scriptedServer('normal', started)))]);
  });
  afterAll(async () => {
    await bench.close();
    await rm(folder, { recursive: true });
  });

  it('between calls is started again for the next one', async () => {
    expect((await bench.call('s__echo', { text: 'before' })).content).toBe('before');
    const [pid] = await pids();
    process.kill(pid!, 'SIGKILL');
    await bench.log.line(['mcp server not running', 'it was ended by SIGKILL']);
    // Its tools are those that it had: a run that begins now does not lose them.
    expect(bench.tools.states()).toEqual({
      s: { state: 'starting', reason: 'it was ended by SIGKILL' },
    });
    expect((await bench.call('s__echo', { text: 'after' })).content).toBe('after');
    expect(await pids()).toHaveLength(2);
  });

  it('in the middle of a call leaves a result that says so, and takes its family with it', async () => {
    const child = Number((await bench.call('s__family')).content);
    expect(isAlive(child)).toBe(true);
    const waiting = bench.call('s__hang');
    await bench.log.line(['hanging in']);
    const crashed = await bench.call('s__crash');
    expect(crashed).toEqual({
      content:
        'The server has ended during the call: it has exited with code 7. The call may or may not have run.',
      isError: true,
    });
    expect(await waiting).toEqual(crashed);
    await bench.log.line(['mcp server not running', 'code 7']);
    await gone(child);
  });

  it('again and again is not called while it is left alone', async () => {
    for (let crashes = 0; crashes < 10; crashes += 1) {
      const { content } = await bench.call('s__crash').catch((error: Error) => ({
        content: error.message,
      }));
      if (content.includes('There is no tool')) break;
    }
    expect(bench.tools.states()).toEqual({
      s: { state: 'failed', reason: 'it has exited with code 7' },
    });
    expect(await bench.list()).toEqual([]);
  }, 30_000);
});
