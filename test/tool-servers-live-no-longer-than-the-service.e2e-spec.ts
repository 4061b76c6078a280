import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createApp } from '../src/app.factory.js';
import { AgentsConfig, type McpServerConfig } from '../src/config/agents-config.js';
import { loadConfig } from '../src/config/load-config.js';
import { McpTools } from '../src/tools/mcp/mcp-tools.js';
import {
  agentWith,
  gone,
  isAlive,
  packageServer,
  scriptedServer,
  serverEntry,
} from '../src/tools/mcp/testing/mcp-servers.js';
import { writeConfigDir, type ConfigDir } from './support/config-dir.js';
import { request } from './support/http-client.js';
import { LogLines } from './support/log-lines.js';

const DIST = join(import.meta.dirname, '../dist');

describe('a service with tool servers', () => {
  let directory: ConfigDir;
  afterEach(() => directory.remove());

  const start = async (...servers: McpServerConfig[]) => {
    directory = await writeConfigDir();
    const loaded = loadConfig(directory.env, { cwd: directory.configDir });
    const agent = agentWith(...servers);
    const config = { ...loaded, agents: new AgentsConfig([agent], agent.id) };
    const app = await createApp(config, { logDestination: new LogLines() });
    await app.listen(0, '127.0.0.1');
    const ready = async () => request(`${(await app.getUrl()).replace(/\/$/, '')}/health/ready`);
    const tools = () => app.get(McpTools).toolsOf(agent, new AbortController().signal);
    return { app, ready, tools };
  };

  it('is ready whatever they do, and tells what that is', async () => {
    const missing = serverEntry('missing', { command: '/nowhere/server', env: { KEY: 'hidden' } });
    const { app, ready, tools } = await start(
      serverEntry('here', scriptedServer('pages')),
      missing,
    );
    const before = await ready();
    expect(before.status).toBe(200);
    expect(before.json()).toMatchObject({
      details: {
        mcp: {
          status: 'up',
          servers: { here: { state: 'idle' }, missing: { state: 'idle' } },
        },
      },
    });
    await tools();
    const after = await ready();
    expect(after.status).toBe(200);
    expect(after.json()).toMatchObject({
      details: {
        mcp: {
          status: 'up',
          servers: {
            here: { state: 'running', tools: 4 },
            missing: {
              state: 'failed',
              reason: 'its program, or the folder to start it in, does not exist',
            },
          },
        },
      },
    });
    expect(after.body).not.toContain('hidden');
    await app.close();
  });

  it('says nothing of them where there are none', async () => {
    const { app, ready } = await start();
    expect((await ready()).json()).not.toHaveProperty('details.mcp');
    await app.close();
  });

  it('ends them when it ends', async () => {
    const { app, tools } = await start(serverEntry('s', scriptedServer()));
    const family = (await tools()).find(({ name }) => name === 's__family');
    const context = { signal: new AbortController().signal, idempotencyKey: 'k', progress() {} };
    const pid = Number((await family!.run({}, context as never)).content);
    expect(isAlive(pid)).toBe(true);
    await app.close();
    await gone(pid);
  });
});

describe('a process that is killed', () => {
  /** Has a server running, tells its process id, and goes on. */
  const HOST = `
    const { McpConnection } = await import(process.argv[1]);
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const times = { startMs: 60_000, giveUpMs: 60_000, byItselfMs: 1, whenToldMs: 1 };
    const connection = new McpConnection(JSON.parse(process.argv[2]), times, log);
    const tools = await connection.tools(new AbortController().signal);
    console.log(tools.length);
    setInterval(() => {}, 1000);
  `;

  it.each([
    ['of files', packageServer('filesystem', import.meta.dirname)],
    ['of everything', packageServer('everything', 'stdio')],
    ["of the tests' own", scriptedServer()],
  ])('leaves no server %s behind', async (_which, server) => {
    const connection = join(DIST, 'tools/mcp/mcp-connection.js');
    const entry = JSON.stringify(serverEntry('s', server));
    const host = spawn(process.execPath, ['--input-type=module', '-e', HOST, connection, entry], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(createInterface(host.stdout), 'line');
    const pids = await childrenOf(host.pid!);
    expect(pids).toHaveLength(1);
    host.kill('SIGKILL');
    await gone(pids[0]!);
  });
});

async function childrenOf(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.trim().split(' ').map(Number);
}
