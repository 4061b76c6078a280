import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { McpServerConfig } from '../../config/agents-config.js';
import type { Settings } from '../../config/settings.js';
import { McpConnection } from './mcp-connection.js';
import {
  agentWith,
  callTool,
  gone,
  isAlive,
  KeptLog,
  McpWorkbench,
  packageServer,
  scriptedServer,
  serverEntry,
} from './testing/mcp-servers.js';

let bench: McpWorkbench | undefined;
afterEach(() => bench?.close());

const benchOf = (entry: Partial<McpServerConfig>, settings: Partial<Settings> = {}) =>
  (bench = new McpWorkbench(
    [
      agentWith(
        serverEntry('bad', entry),
        serverEntry('good', { ...scriptedServer(), allow: ['echo'] }),
      ),
    ],
    settings,
  ));

const folderOfItsOwn = () => mkdtemp(join(tmpdir(), 'mcp-fails-'));

describe('a server that cannot be started', () => {
  it.each([
    [{ command: '/nowhere/no-such-program' }, /^its program, or the folder .* does not exist$/],
    [{ ...scriptedServer(), cwd: '/nowhere' }, /^its program, or the folder .* does not exist$/],
    [{ command: import.meta.dirname }, /^it cannot be reached \(EACCES\)$/],
    [{ command: 'a\0b' }, /^it cannot be reached \(ERR_INVALID_ARG_VALUE\)$/],
    [scriptedServer('exits'), /^it has exited with code 3$/],
    [{ command: process.execPath, args: ['-e', '0'] }, /^it has exited with code 0$/],
  ])('is left out with its reason: %j', async (entry, reason) => {
    const { tools, log } = benchOf(entry);
    expect((await bench!.list()).map(({ name }) => name)).toEqual(['good__echo']);
    expect(tools.states()).toEqual({
      bad: { state: 'failed', reason: expect.stringMatching(reason) },
      good: expect.objectContaining({ state: 'running' }),
    });
    const line = log.lines.find(({ said }) => said === 'mcp server left out');
    expect(line).toMatchObject({ level: 'warn', agent: 'agent', mcp_server: 'bad' });
  });

  it('is tried again after ever longer times', async () => {
    const folder = await folderOfItsOwn();
    const started = join(folder, 'started');
    const { log } = benchOf(scriptedServer('exits', started));
    await bench!.list();
    await log.line(['mcp server not running'], 3);
    const delays = log.lines
      .filter(({ said }) => said === 'mcp server not running')
      .map((line) => Number(line['retry_in_ms']));
    expect(delays).toHaveLength(3);
    for (const [index, delay] of delays.entries()) {
      expect(delay).toBeGreaterThanOrEqual(250 * 2 ** index);
      expect(delay).toBeLessThanOrEqual(500 * 2 ** index);
    }
    expect((await readFile(started, 'utf8')).trim().split('\n')).toHaveLength(3);
    await rm(folder, { recursive: true });
  });

  it('says nothing of its secrets', async () => {
    const entry = { command: '/nowhere', args: ['--token', 'hidden-1'], env: { KEY: 'hidden-2' } };
    const { tools, log } = benchOf(entry);
    await bench!.list();
    expect(JSON.stringify([tools.states(), log.lines])).not.toMatch(/hidden/);
  });
});

describe('a server that never answers', () => {
  it('is waited for once, and then left out while it goes on starting', async () => {
    const { tools } = benchOf(scriptedServer('silent'), { mcpStartTimeoutMs: 300 });
    const names = (await bench!.list()).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('bad__'))).toEqual([]);
    expect(tools.states()['bad']).toEqual({ state: 'starting' });
    await bench!.log.line(['mcp server running', 'good']);
    expect((await bench!.list()).map(({ name }) => name)).toEqual(['good__echo']);
  });

  it('ends the wait when the run ends', async () => {
    benchOf(scriptedServer('silent'));
    const end = new AbortController();
    const listed = bench!.tools.toolsOf(bench!.agents[0]!, end.signal);
    end.abort(new Error('the run has ended'));
    await expect(listed).rejects.toThrow('the run has ended');
  });

  it('is given up in the end, and nothing of it is left before it is tried again', async () => {
    const folder = await folderOfItsOwn();
    const started = join(folder, 'started');
    const log = new KeptLog();
    const times = { startMs: 100, giveUpMs: 400, byItselfMs: 50, whenToldMs: 50 };
    const server = serverEntry('s', scriptedServer('silent', started));
    const connection = new McpConnection(server, times, log);
    const signal = new AbortController().signal;
    await expect(connection.tools(signal)).rejects.toThrow('it has not started in time');
    await log.line(['mcp server not running', 'it does not answer']);
    const [pid] = (await readFile(started, 'utf8')).split('\n').map(Number);
    expect(isAlive(pid!)).toBe(false);
    await expect(connection.session(signal)).rejects.toThrow('it does not answer');
    await connection.close();
    await rm(folder, { recursive: true });
  });
});

describe('a server that writes garbage between its messages', () => {
  it('works all the same', async () => {
    benchOf(scriptedServer('garbage'));
    expect((await bench!.call('bad__echo', { text: 'heard' })).content).toBe('heard');
    await bench!.log.line(['mcp server says', 'Welcome!']);
  });
});

describe('when the service ends', () => {
  it.each(['normal', 'stubborn'])(
    'a %s server ends too, with all that it has started',
    async (mode) => {
      const folder = await folderOfItsOwn();
      const started = join(folder, 'started');
      benchOf(scriptedServer(mode, started));
      const child = Number((await bench!.call('bad__family')).content);
      const [pid] = (await readFile(started, 'utf8')).split('\n').map(Number);
      expect([pid, child].map((one) => isAlive(one!))).toEqual([true, true]);
      await bench!.close();
      expect(isAlive(pid!)).toBe(false);
      await gone(child);
      await rm(folder, { recursive: true });
    },
  );

  it('the official servers end', async () => {
    benchOf(packageServer('everything', 'stdio'));
    await bench!.list();
    const ended = bench!.log;
    await bench!.close();
    expect(ended.lines.filter(({ said }) => said === 'mcp server not running')).toEqual([]);
  });

  it('no server is started any more, and a call says why', async () => {
    benchOf(scriptedServer());
    const [tool] = await bench!.list();
    await bench!.close();
    expect(await callTool(tool!)).toEqual({
      content: 'The server bad is not running: the service is stopping.',
      isError: true,
    });
  });
});
