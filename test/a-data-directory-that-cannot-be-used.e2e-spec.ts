import { createHash, randomUUID } from 'node:crypto';
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  open,
  readFile,
  readdir,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { v7 as newId } from 'uuid';
import { runBare } from './support/bare-process.js';
import { writeConfigDir } from './support/config-dir.js';

import {
  checkTruths,
  follow,
  followHalfway,
  halvesOf,
  tellHalves,
} from './support/half-told-truths.js';
import { openStream, request } from './support/http-client.js';
import { writeOlderDatabase, type OlderRelease } from './support/older-database.js';
import { startProcess, type ServiceProcess } from './support/process.js';
import { answer } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { questionFor, tellingTruths, truth } from './support/truths.js';

/** A user that owns nothing. */
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

let provider: ScriptedProvider;
/** What the tests have to clear away, the last first. */
let cleanUps: (() => Promise<unknown>)[];

beforeEach(async () => {
  provider = await ScriptedProvider.start();
  cleanUps = [() => provider.close()];
});
afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

async function configured(env: Record<string, string> = {}) {
  const config = await writeConfigDir({ provider, env });
  cleanUps.push(() => config.remove());
  const { dataDir } = config;
  return { env: config.env, dataDir, database: join(dataDir, 'agno.db') };
}

async function cleared(starting: Promise<ServiceProcess>): Promise<ServiceProcess> {
  const service = await starting;
  cleanUps.push(() => service.kill());
  return service;
}

const ask = ({ url }: ServiceProcess, body: object) => request(`${url}/api/v1/chat`, { body });

/**
 * Digests of all files of a folder that hold anything. The index of a write-ahead log is left out:
 * whoever reads makes it anew.
 */
async function contentsOf(path: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (!entry.isFile() || entry.name.endsWith('-shm')) continue;
    const bytes = await readFile(join(path, entry.name));
    if (bytes.length > 0) digests[entry.name] = createHash('sha256').update(bytes).digest('hex');
  }
  return digests;
}

/** Overwrites a part of a file with what it is certain not to be. */
async function damage(file: string, at: number, length: number): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.write(Buffer.alloc(length, 0xa5), 0, length, at);
  await handle.close();
}

/** Changes a database behind the back of the service. */
function change(file: string, sql: string): void {
  const database = new Database(file, { fileMustExist: true });
  database.exec(sql);
  database.close();
}

/** Overwrites the page that a table or an index begins with. */
async function damageRootOf(name: string, file: string): Promise<void> {
  const database = new Database(file, { readonly: true });
  const size = database.pragma('page_size', { simple: true }) as number;
  const { rootpage } = database
    .prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?')
    .get(name) as { rootpage: number };
  database.close();
  await damage(file, (rootpage - 1) * size, size);
}

describe('a data directory that another process uses', () => {
  it('is left to it, which notices nothing, and is free once it was killed', async () => {
    tellHalves(provider, provider.gate());
    const { env, dataDir } = await configured();
    const first = await cleared(startProcess(env));
    const followed = await followHalfway(first.url, [1]);
    expect(await runBare(env)).toMatchObject({
      code: 1,
      stderr: `Cannot open ${dataDir}: another process uses it; stop that one, or set DATA_DIR to another folder\n`,
    });
    expect((await request(`${first.url}/health/ready`)).status).toBe(200);
    expect(followed[0]!.reader.attempts).toBe(1);
    await first.kill();
    await cleared(first.restart());
    await checkTruths(first.url, followed);
  });
});

describe('a data directory that cannot be used', () => {
  /** What a clean stop leaves, and what a killed process does, with a run in mid-text. */
  let stopped: string;
  let killed: string;

  beforeAll(async () => {
    const made = await ScriptedProvider.start();
    tellHalves(made, made.gate());
    const config = await writeConfigDir({ provider: made });
    const service = await startProcess(config.env);
    made.reply(answer('Hello'));
    await ask(service, { message: 'Hi' });
    const cut = await openStream(`${service.url}/api/v1/chat`, {
      body: { message: questionFor(1), stream: true },
    });
    await cut.event(0);
    await service.kill();
    killed = await mkdtemp(join(tmpdir(), 'agno-api-killed-'));
    await cp(config.dataDir, killed, { recursive: true });
    await (await service.restart({ SHUTDOWN_GRACE: '0' })).stop();
    stopped = await mkdtemp(join(tmpdir(), 'agno-api-stopped-'));
    await cp(config.dataDir, stopped, { recursive: true });
    await made.close();
    await config.remove();
  }, 20_000);
  afterAll(async () => {
    for (const path of [stopped, killed]) await rm(path, { recursive: true, force: true });
  });

  /** A copy of one of them. */
  async function copyOf(path: string) {
    const config = await configured();
    await cp(path, config.dataDir, { recursive: true });
    await chmod(config.dataDir, 0o700);
    return config;
  }

  type Copy = Awaited<ReturnType<typeof copyOf>>;

  /** Each by what is done to a copy, and by what is said of which file. */
  const FAULTS: Record<
    string,
    { left: 'stopped' | 'killed'; make: (copy: Copy) => Promise<void> | void; said: string }
  > = {
    'a database without its header': {
      left: 'stopped',
      make: ({ database }) => damage(database, 0, 100),
      said: 'agno.db: it is not a database (SQLITE_NOTADB); put a backup in its place, or move it away to start anew',
    },
    'a file of text in its place': {
      left: 'stopped',
      make: ({ database }) => writeFile(database, 'Dear diary, '.repeat(1000)),
      said: 'agno.db: it is not a database (SQLITE_NOTADB); put a backup in its place, or move it away to start anew',
    },
    'a database whose list of migrations is overwritten': {
      left: 'stopped',
      make: ({ database }) => damageRootOf('kysely_migration', database),
      said: 'agno.db: it is damaged (SQLITE_CORRUPT); put a backup in its place, or move it away to start anew',
    },
    'a database whose facts are overwritten': {
      left: 'stopped',
      make: ({ database }) => damageRootOf('storage_facts', database),
      said: 'agno.db: it is damaged (SQLITE_CORRUPT); put a backup in its place, or move it away to start anew',
    },
    'a database of which the second half is missing': {
      left: 'stopped',
      make: async ({ database }) => truncate(database, (await readFile(database)).length / 2),
      said: 'agno.db: it is damaged (SQLITE_CORRUPT); put a backup in its place, or move it away to start anew',
    },
    'a log without its database': {
      left: 'killed',
      make: ({ database }) => rename(database, `${database}.away`),
      said: 'agno.db: it is missing or empty, but its log {DATA_DIR}/agno.db-wal is there; put the file back where it was, or move the log away to start anew',
    },
    'a folder in the place of the database': {
      left: 'stopped',
      make: async ({ database }) => {
        await rename(database, `${database}.away`);
        await mkdir(database);
      },
      said: 'agno.db: it is not a file; move it away, or set DATA_DIR to another folder',
    },
    'a newer database, by its tables': {
      left: 'stopped',
      make: ({ database }) =>
        change(database, `INSERT INTO kysely_migration VALUES ('2099-01-01-wonders', '')`),
      said: 'agno.db. The database is one of a newer release: it has 2099-01-01-wonders, which this release does not know. Start the newer release.',
    },
    'a newer database, by its events': {
      left: 'stopped',
      make: ({ database }) =>
        change(database, `UPDATE storage_facts SET value = '3' WHERE name = 'event_version'`),
      said: 'agno.db. The database is one of a newer release: its events are of the version 3, and this release knows them up to 2. Start the newer release.',
    },
  };

  it.each(Object.entries(FAULTS))(
    'says so in one line of %s, and changes nothing',
    async (_, fault) => {
      const copy = await copyOf(fault.left === 'stopped' ? stopped : killed);
      await fault.make(copy);
      const before = await contentsOf(copy.dataDir);
      const { code, stdout, stderr } = await runBare(copy.env);
      const said = fault.said.replace('{DATA_DIR}', copy.dataDir);
      expect([code, stderr]).toEqual([1, `Cannot open ${copy.dataDir}/${said}\n`]);
      expect(stdout).not.toContain('listening');
      expect(await contentsOf(copy.dataDir)).toEqual(before);
    },
  );

  it.each(['runs', 'run_logs_unended', 'run_journal'])(
    'says so in one line where %s turn out to be overwritten only when runs are taken over',
    async (name) => {
      const { env, database } = await copyOf(stopped);
      await damageRootOf(name, database);
      const { code, stderr } = await runBare(env);
      expect([code, stderr]).toEqual([
        1,
        `Cannot open ${database}: it is damaged (SQLITE_CORRUPT); put a backup in its place, or move it away to start anew\n`,
      ]);
    },
  );

  it.each(['', '/below'])('says so where a file is in the way of DATA_DIR%s', async (below) => {
    const { env, dataDir } = await configured();
    await writeFile(dataDir, 'mine');
    const { code, stderr } = await runBare({ ...env, DATA_DIR: dataDir + below });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^Cannot open [^\n]+: there is a file where a folder should be \((EEXIST|ENOTDIR)\); [^\n]+\n$/,
    );
    expect(await readFile(dataDir, 'utf8')).toBe('mine');
  });

  /** Lets a user who owns nothing read everything of a copy. */
  async function readableByAll({ env, dataDir }: Copy): Promise<void> {
    for (const path of [dirname(dataDir), dataDir]) await chmod(path, 0o755);
    for (const path of [dirname(dataDir), dataDir]) {
      for (const entry of await readdir(path, { withFileTypes: true })) {
        if (entry.isFile()) await chmod(join(path, entry.name), 0o444);
      }
    }
    if (!isRoot) await chmod(env['DATA_DIR']!, 0o555);
  }

  it('says so of a folder that may only be read, and changes nothing', async () => {
    const copy = await copyOf(killed);
    await readableByAll(copy);
    const before = await contentsOf(copy.dataDir);
    const { code, stderr } = await runBare(copy.env, isRoot ? { uid: NOBODY } : {});
    if (!isRoot) await chmod(copy.dataDir, 0o700);
    expect([code, stderr]).toEqual([
      1,
      `Cannot open ${copy.dataDir}: it cannot be written (EACCES); let the user who runs the service write there, or set DATA_DIR to another folder\n`,
    ]);
    expect(await contentsOf(copy.dataDir)).toEqual(before);
  });

  it('says so of a database that may only be read, and changes nothing', async () => {
    const copy = await copyOf(stopped);
    await readableByAll(copy);
    // The lock can be had: what is in the way is the database.
    await rm(join(copy.dataDir, 'lock.db'));
    await chmod(copy.dataDir, 0o755);
    if (isRoot) await chown(copy.dataDir, NOBODY, NOBODY);
    const before = await contentsOf(copy.dataDir);
    const { code, stderr } = await runBare(copy.env, isRoot ? { uid: NOBODY } : {});
    expect([code, stderr]).toEqual([
      1,
      `Cannot open ${copy.database}: it cannot be written (EACCES); let the user who runs the service write there, or set DATA_DIR to another folder\n`,
    ]);
    const after = await contentsOf(copy.dataDir);
    expect(after).toEqual(before);
  });
});

describe('a data directory of an older release', () => {
  it.each<OlderRelease>(['first', 'second'])(
    'is gone on with, in the middle of a text: the %s',
    async (release) => {
      provider.always(tellingTruths());
      const { env, dataDir } = await configured();
      const id = newId();
      const sessionId = newId();
      const beginning = halvesOf(7)[0];
      const run = {
        id,
        sessionId,
        idempotencyKey: randomUUID(),
        question: questionFor(7),
        pieces: beginning.match(/[^]{1,40}/gu)!,
      };
      writeOlderDatabase(dataDir, run, release);
      const service = await cleared(startProcess(env));
      await checkTruths(service.url, [follow(service.url, 7, { runId: id })]);
      const next = await ask(service, { message: questionFor(8), session_id: sessionId });
      expect(next.json()).toMatchObject({ message: { content: truth(8) } });
      expect(
        provider.requests
          .at(-1)!
          .body.messages.slice(1)
          .map(({ content }) => content),
      ).toEqual([questionFor(7), truth(7), questionFor(8)]);
    },
  );
});

describe('a data directory of a host that has died', () => {
  const OTHER_BOOT = `UPDATE storage_facts SET value = 'another boot' WHERE name = 'boot_id'`;

  /** Two runs in mid-text when the process and its host die. */
  async function died(env: Record<string, string>) {
    tellHalves(provider, provider.gate());
    const made = await configured(env);
    const service = await cleared(startProcess(made.env));
    const followed = await followHalfway(service.url, [9, 10]);
    await service.kill();
    change(made.database, OTHER_BOOT);
    await cleared(service.restart());
    return { service, followed, ...made };
  }

  it('may lack what readers have seen, so its unfinished runs fail with their text', async () => {
    const { service, followed } = await died({ LOG_SYNC: 'normal' });
    for (const { number, reader, read } of followed) {
      await read;
      expect(reader.text).toBe(halvesOf(number)[0]);
      expect(reader.terminalChunks).toMatchObject([
        { done: true, finish_reason: 'error', error: { code: 'shutting_down', retryable: true } },
      ]);
      const run = await request(`${service.url}/api/v1/runs/${reader.runId}`);
      expect(run.json()).toMatchObject({ state: 'failed', text: reader.text });
    }
    expect(provider.requests).toHaveLength(2);
  });

  it('is gone on with where each commit was forced to the disk', async () => {
    const { service, followed } = await died({ LOG_SYNC: 'full' });
    await checkTruths(service.url, followed);
  });
});
