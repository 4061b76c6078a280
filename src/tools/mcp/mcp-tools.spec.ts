import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ToolProgress } from '../tool.js';
import {
  agentWith,
  isAlive,
  McpWorkbench,
  packageServer,
  scriptedServer,
  serverEntry,
} from './testing/mcp-servers.js';

describe('the official server of everything, over stdio', () => {
  const agent = agentWith(serverEntry('all', packageServer('everything', 'stdio')));
  const bench = new McpWorkbench([agent]);
  afterAll(() => bench.close());

  it('lists its tools, with their schemas', async () => {
    const tools = await bench.list();
    expect(tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['all__echo', 'all__get-sum', 'all__get-tiny-image']),
    );
    expect(tools.find(({ name }) => name === 'all__echo')).toMatchObject({
      description: expect.stringMatching(/\S/),
      parameters: { type: 'object', required: ['message'] },
      needsApproval: false,
    });
    expect(bench.tools.states()).toEqual({ all: { state: 'running', tools: tools.length } });
  });

  it('answers calls', async () => {
    expect(await bench.call('all__echo', { message: 'hello' })).toEqual({
      content: 'Echo: hello',
      isError: false,
    });
    const sum = await bench.call('all__get-sum', { a: 17, b: 25 });
    expect(sum.content).toContain('42');
    const picture = await bench.call('all__get-tiny-image');
    expect(picture.content).toMatch(/\[image\/png, \d+ bytes\]/);
  });

  it('tells how far a long call has come', async () => {
    const told: ToolProgress[] = [];
    const args = { duration: 0.4, steps: 4 };
    const name = 'all__trigger-long-running-operation';
    const output = await bench.call(name, args, { progress: (one) => told.push(one) });
    expect(output.isError).toBe(false);
    expect(told.map(({ progress }) => progress)).toEqual([1, 2, 3, 4]);
    expect(told.every(({ total }) => total === 4)).toBe(true);
  });

  it('is told in words what is wrong with arguments', async () => {
    const output = await bench.call('all__get-sum', { a: 'x' });
    expect(output.isError).toBe(true);
    expect(output.content).toMatch(/invalid/i);
  });
});

describe('the official server of files', () => {
  let folder: string;
  let bench: McpWorkbench;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mcp-files-'));
    await writeFile(join(folder, 'note.txt'), 'ünïcode 🎉');
    const server = { ...packageServer('filesystem', folder), allow: ['read_*', 'write_file'] };
    bench = new McpWorkbench([
      agentWith(serverEntry('files', { ...server, deny: ['read_media*'], idempotent: ['write*'] })),
    ]);
  });
  afterAll(async () => {
    await bench.close();
    await rm(folder, { recursive: true });
  });

  it('gives an agent what is allowed and not denied', async () => {
    const names = (await bench.list()).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['files__read_text_file', 'files__write_file']));
    expect(names.filter((name) => !/^files__(?:read_|write_file)/.test(name))).toEqual([]);
    expect(names).not.toContain('files__read_media_file');
  });

  it('reads and writes, and says what may run twice', async () => {
    const path = join(folder, 'note.txt');
    expect((await bench.call('files__read_text_file', { path })).content).toContain('ünïcode 🎉');
    await bench.call('files__write_file', { path, content: 'new' });
    expect(await readFile(path, 'utf8')).toBe('new');
    const write = (await bench.list()).find(({ name }) => name === 'files__write_file');
    expect(write?.idempotent).toBe(true);
  });
});

describe('what a server lists', () => {
  const servers = [
    serverEntry('pages', scriptedServer('pages')),
    serverEntry('a b/ü', { ...scriptedServer(), allow: ['echo', 'e*o'], timeoutMs: 7 }),
    serverEntry('a.b__', { ...scriptedServer(), allow: ['echo'] }),
    serverEntry('x'.repeat(70), { ...scriptedServer(), allow: ['echo'] }),
    serverEntry('a_b__', { ...scriptedServer(), allow: ['echo'] }),
  ];
  const bench = new McpWorkbench([agentWith(...servers)]);
  afterAll(() => bench.close());

  it('is read page by page, each tool by itself', async () => {
    const tools = (await bench.list()).filter(({ name }) => name.startsWith('pages__'));
    expect(tools.map(({ name }) => name)).toEqual([
      ...['pages__one', 'pages__untyped', 'pages__hinted', 'pages__last'],
    ]);
    expect(tools[0]?.description).toHaveLength(4096);
    expect(tools[1]?.parameters).toEqual({ type: 'object', properties: {} });
    expect(tools[2]).toMatchObject({ idempotent: true, needsApproval: false });
    const leftOut = bench.log.lines.filter(({ said }) => said === 'mcp tool left out');
    expect(leftOut.map(({ tool }) => tool)).toEqual([
      ...['', 'one', 'listed', 'texts', 'large', 'task'],
    ]);
  });

  it('gets names that every provider takes, each once', async () => {
    const tools = (await bench.list()).filter(({ name }) => !name.startsWith('pages__'));
    const names = tools.map(({ name }) => name);
    expect(names[0]).toBe('a_b____echo');
    expect(names[1]).toMatch(/^a_b____echo_[\da-f]{8}$/);
    expect(names[2]).toMatch(/^x{55}_[\da-f]{8}$/);
    expect(names[3]).toMatch(/^a_b____echo_[\da-f]{8}$/);
    expect(new Set(names).size).toBe(4);
    expect(tools[0]).toMatchObject({
      idempotent: true,
      timeoutMs: 7,
      description: 'Says it again.',
    });
    expect((await bench.list()).map(({ name }) => name).slice(-4)).toEqual(names);
  });

  it('is read anew when the server says that it has changed', async () => {
    const changing = new McpWorkbench([agentWith(serverEntry('s', scriptedServer()))]);
    try {
      await changing.call('s__grow', { name: 'fresh' });
      let names: string[] = [];
      while (!names.includes('s__fresh')) {
        names = (await changing.list()).map(({ name }) => name);
        await new Promise(setImmediate);
      }
      expect(changing.tools.states()['s']?.tools).toBe(names.length);
    } finally {
      await changing.close();
    }
  });
});

describe('a server that speaks only the newest version', () => {
  it('is spoken to in that one, in a process of its own after the first', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mcp-modern-'));
    const started = join(folder, 'started');
    const bench = new McpWorkbench([
      agentWith(serverEntry('s', scriptedServer('modern', started))),
    ]);
    try {
      expect((await bench.call('s__echo', { text: 'hello' })).content).toBe('hello');
      expect((await bench.call('s__crash')).content).toContain('exited with code 7');
      expect((await bench.call('s__echo', { text: 'again' })).content).toBe('again');
      const pids = (await readFile(started, 'utf8')).trim().split('\n').map(Number);
      expect(pids).toHaveLength(4);
      expect(pids.filter(isAlive)).toEqual(pids.slice(-1));
    } finally {
      await bench.close();
      await rm(folder, { recursive: true });
    }
  });
});

describe('agents with the same server', () => {
  it('share one process, each with the tools that it may have', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mcp-shared-'));
    const started = join(folder, 'started');
    const server = scriptedServer('normal', started);
    const one = agentWith(serverEntry('s', { ...server, allow: ['echo'] }));
    const two = { ...agentWith(serverEntry('s', { ...server, deny: ['echo'] })), id: 'two' };
    const other = { ...agentWith(serverEntry('t', scriptedServer())), id: 'other' };
    const bench = new McpWorkbench([one, two, other]);
    try {
      expect(bench.tools.states()).toEqual({ s: { state: 'idle' }, t: { state: 'idle' } });
      const [first, second] = await Promise.all([bench.list(one), bench.list(two)]);
      expect(first.map(({ name }) => name)).toEqual(['s__echo']);
      expect(second.map(({ name }) => name)).not.toContain('s__echo');
      expect((await readFile(started, 'utf8')).trim().split('\n')).toHaveLength(1);
      // Nobody has needed the other one.
      expect(bench.tools.states()).toMatchObject({ s: { state: 'running' }, t: { state: 'idle' } });
    } finally {
      await bench.close();
      await rm(folder, { recursive: true });
    }
  });

  it('are told apart where one id means two servers', () => {
    const one = agentWith(serverEntry('s', scriptedServer()));
    const two = { ...agentWith(serverEntry('s', scriptedServer('pages'))), id: 'two' };
    expect(new McpWorkbench([one, two]).tools.states()).toEqual({
      'agent/s': { state: 'idle' },
      'two/s': { state: 'idle' },
    });
  });
});
