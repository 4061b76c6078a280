import { spawn } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import { SqliteDatabase } from '../src/storage/sqlite/sqlite-database.js';
import { StorageUnavailableError } from '../src/storage/storage-errors.js';
import { Storage } from '../src/storage/storage.js';
import { writeConfigDir, type ConfigDir } from './support/config-dir.js';
import { request } from './support/http-client.js';
import { startProcess } from './support/process.js';
import { answer } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService } from './support/service.js';

const ROOT = join(import.meta.dirname, '..');

let provider: ScriptedProvider;
let config: ConfigDir;
let dataDir: string;
/** What the tests have to clear away, the last first. */
let cleanUps: (() => Promise<unknown>)[];

beforeEach(async () => {
  provider = await ScriptedProvider.start();
  provider.always(answer('Hel', 'lo'));
  config = await writeConfigDir({ provider });
  dataDir = config.dataDir;
  cleanUps = [() => provider.close(), () => config.remove()];
});
afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

/** Runs a built program until it ends by itself. */
async function run(program: 'main.js' | 'backup.js', ...args: string[]) {
  const child = spawn(process.execPath, [join(ROOT, 'dist', program), ...args], {
    cwd: dirname(dataDir),
    env: { HOST: '127.0.0.1', PORT: '0', ...config.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  cleanUps.push(async () => child.kill('SIGKILL'));
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (said.stdout += piece));
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (said.stderr += piece));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, ...said };
}

async function serving() {
  const service = await startProcess(config.env);
  cleanUps.push(() => service.stop('SIGKILL'));
  return service;
}

describe('a process whose storage cannot be opened', () => {
  it('ends with 1 and one line, before it listens', async () => {
    await writeFile(dataDir, 'mine');
    const { code, stdout, stderr } = await run('main.js');
    expect([code, stderr]).toEqual([
      1,
      `Cannot open ${dataDir}: there is a file where a folder should be (EEXIST); move the file away, or set DATA_DIR to another folder\n`,
    ]);
    expect(stdout).not.toContain('listening');
    expect(await readFile(dataDir, 'utf8')).toBe('mine');
  });

  it('ends so where another process has it, which goes on', async () => {
    const first = await serving();
    const { code, stderr } = await run('main.js');
    expect([code, stderr]).toEqual([
      1,
      `Cannot open ${dataDir}: another process uses it; stop that one, or set DATA_DIR to another folder\n`,
    ]);
    expect((await request(`${first.url}/health/ready`)).json()).toMatchObject({
      details: { storage: { status: 'up' } },
    });
  });

  it('leaves it to the next one at once, however it ends', async () => {
    for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
      await (await serving()).stop(signal);
    }
    await (await serving()).stop('SIGTERM');
    expect((await readdir(dataDir)).sort()).toEqual(['agno.db', 'lock.db']);
  });
});

describe('readiness', () => {
  it('ends while the storage cannot be written, and comes back with it', async () => {
    const service = await startService({ provider });
    cleanUps.push(() => service.close());
    const database = service.app.get(SqliteDatabase);
    const storage = service.app.get(Storage);
    const ready = () => request(`${service.url}/health/ready`);
    const grow = (pages: number) => database.prepare(`PRAGMA max_page_count = ${pages}`).get();
    expect((await ready()).status).toBe(200);
    grow(1);
    expect(() =>
      database.write(() =>
        database.prepare("INSERT INTO storage_facts VALUES ('x', zeroblob(1000000) || '')").run(),
      ),
    ).toThrow(StorageUnavailableError);
    const lost = await ready();
    expect([lost.status, lost.json()]).toMatchObject([
      503,
      { status: 'error', error: { storage: { status: 'down', reason: 'not writable' } } },
    ]);
    const restored = firstValueFrom(storage.restored);
    grow(1_000_000);
    await restored;
    expect((await ready()).status).toBe(200);
  });
});

describe('npm run backup', () => {
  it('copies the database while the service runs', async () => {
    const { url } = await serving();
    expect((await request(`${url}/api/v1/chat`, { body: { message: 'Hi' } })).status).toBe(200);
    const { code, stdout, stderr } = await run('backup.js', 'copy.db');
    const copy = join(dirname(dataDir), 'copy.db');
    const { size, mode } = await stat(copy);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: `${copy} (${size} bytes)\n`,
      stderr: '',
    });
    expect(mode & 0o777).toBe(0o600);
    expect((await request(`${url}/api/v1/chat`, { body: { message: 'Hi' } })).status).toBe(200);
  });

  it('says in one line why there is no copy', async () => {
    const database = join(dataDir, 'agno.db');
    expect(await run('backup.js', 'copy.db')).toEqual({
      code: 1,
      stdout: '',
      stderr: `Cannot copy ${database}: there is no such file\n`,
    });
    expect(await readdir(dirname(dataDir))).not.toContain('copy.db');
  });

  it.each([[[]], [['a', 'b']], [['--help']]])('says how it is used, given %j', async (args) => {
    const { code, stdout, stderr } = await run('backup.js', ...args);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^Usage: npm run backup -- <file>\n/);
  });
});
