import { spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { StorageOpenError } from '../storage-errors.js';
import { EVENT_VERSION } from './event-version.js';
import { StorageDirectory } from './testing/storage-directory.js';

/** The system asks who the process really is, SQLite finds out. */
const NOT_WRITABLE = /^Cannot open .*: it cannot be written \((EACCES|SQLITE_READONLY\w*)\); let /;

const modeOf = (path: string): number => statSync(path).mode & 0o777;

let directory: StorageDirectory;

beforeEach(() => {
  directory = new StorageDirectory();
});
afterEach(() => directory.remove());

/** The message that the opening is refused with. */
async function refusal(dataDir = directory.path): Promise<string> {
  const error: unknown = await directory.open({ dataDir }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StorageOpenError);
  const { message } = error as StorageOpenError;
  expect(message).not.toContain('\n');
  return message;
}

/** What all files hold but for empty ones, and for what SQLite keeps in memory. */
function contents(): Record<string, string> {
  const files = readdirSync(directory.path)
    .filter((name) => !name.endsWith('-shm'))
    .map((name) => [name, readFileSync(join(directory.path, name))] as const)
    .filter(([, bytes]) => bytes.length > 0);
  return Object.fromEntries(files.map(([name, bytes]) => [name, hash('sha256', bytes)]));
}

/** Checks that a refusal has changed nothing. */
async function refusalThatKeeps(): Promise<string> {
  const before = contents();
  const message = await refusal();
  expect(contents()).toEqual(before);
  return message;
}

describe('opening the storage', () => {
  it('makes a folder and files that nobody else can read', async () => {
    const storage = await directory.open();
    storage.database.write(() => undefined);
    expect(modeOf(directory.path)).toBe(0o700);
    const files = readdirSync(directory.path).sort();
    expect(files).toEqual(['agno.db', 'agno.db-shm', 'agno.db-wal', 'lock.db']);
    for (const file of files)
      expect([file, modeOf(join(directory.path, file))]).toEqual([file, 0o600]);
    expect(directory.lines).toEqual([]);
  });

  it('warns of a folder that others can enter, and leaves it as it is', async () => {
    mkdirSync(directory.path);
    chmodSync(directory.path, 0o750);
    await directory.open();
    expect(modeOf(directory.path)).toBe(0o750);
    expect(directory.lines).toEqual([
      {
        level: 'warn',
        fields: { data_dir: directory.path, mode: '0750' },
        message: expect.stringContaining(`other users of this machine can enter ${directory.path}`),
      },
    ]);
  });

  it.each([
    ['normal', 1],
    ['full', 2],
  ] as const)('writes as LOG_SYNC=%s says', async (logSync, synchronous) => {
    const { database } = await directory.open({ logSync });
    const pragma = (name: string) => database.prepare<[], object>(`PRAGMA ${name}`).get();
    expect(pragma('synchronous')).toEqual({ synchronous });
    expect(pragma('journal_mode')).toEqual({ journal_mode: 'wal' });
    expect(pragma('wal_autocheckpoint')).toEqual({ wal_autocheckpoint: 0 });
    expect(pragma('foreign_keys')).toEqual({ foreign_keys: 1 });
  });

  it('keeps what is there, and leaves it in one file when it is closed', async () => {
    await directory.fill();
    expect(readdirSync(directory.path).sort()).toEqual(['agno.db', 'lock.db']);
    const { database } = await directory.open();
    const logs = database.prepare<[], { run_id: string }>('SELECT run_id FROM run_logs').all();
    expect(logs).toEqual([{ run_id: 'r' }]);
  });
});

describe('a data directory that cannot be used is refused', () => {
  it('where a file is in its place', async () => {
    writeFileSync(directory.path, 'mine');
    expect(await refusal()).toBe(
      `Cannot open ${directory.path}: there is a file where a folder should be (EEXIST); move the ` +
        'file away, or set DATA_DIR to another folder',
    );
    expect(readFileSync(directory.path, 'utf8')).toBe('mine');
  });

  it('where a file is on the way to it', async () => {
    writeFileSync(directory.path, 'mine');
    const below = join(directory.path, 'below');
    expect(await refusal(below)).toContain(
      `Cannot open ${below}: there is a file where a folder should be (ENOTDIR); `,
    );
  });

  it('where it cannot be made', async () => {
    chmodSync(directory.root, 0o500);
    const message = await directory.asOrdinaryUser(() => refusal());
    expect(message).toBe(
      `Cannot open ${directory.path}: it cannot be written (EACCES); let the user who runs the ` +
        'service write there, or set DATA_DIR to another folder',
    );
  });

  it('where it cannot be written, whatever is in it', async () => {
    await directory.asOrdinaryUser(async () => {
      await directory.fill();
      chmodSync(directory.path, 0o500);
      expect(await refusalThatKeeps()).toMatch(NOT_WRITABLE);
      chmodSync(directory.path, 0o700);
      await directory.open();
    });
  });
});

describe('a database that cannot be used is refused, and kept', () => {
  it('where it cannot be written', async () => {
    await directory.asOrdinaryUser(async () => {
      await directory.fill();
      chmodSync(directory.database, 0o400);
      expect(await refusalThatKeeps()).toMatch(NOT_WRITABLE);
    });
  });

  it('where it is a folder', async () => {
    mkdirSync(directory.database, { recursive: true });
    expect(await refusal()).toBe(
      `Cannot open ${directory.database}: it is not a file; move it away, or set DATA_DIR to another folder`,
    );
  });

  it.each([
    ['short', 'not a database'],
    ['long', 'not a database '.repeat(10_000)],
  ])('where it is none, but a %s text', async (_, text) => {
    mkdirSync(directory.path);
    chmodSync(directory.path, 0o700);
    writeFileSync(directory.database, text);
    expect(await refusalThatKeeps()).toBe(
      `Cannot open ${directory.database}: it is not a database (SQLITE_NOTADB); put a backup in its ` +
        'place, or move it away to start anew',
    );
  });

  it('where it was cut off', async () => {
    await directory.fill();
    truncateSync(directory.database, 4096 * 3);
    expect(await refusalThatKeeps()).toContain(
      `Cannot open ${directory.database}: it is damaged (SQLITE_CORRUPT); `,
    );
  });

  it('where its first page is damaged', async () => {
    await directory.fill();
    const bytes = readFileSync(directory.database);
    writeFileSync(directory.database, bytes.fill(0xff, 100, 4096));
    expect(await refusalThatKeeps()).toContain(
      `Cannot open ${directory.database}: it is damaged (SQLITE_CORRUPT); `,
    );
  });

  it('where another program has locked it', async () => {
    await directory.fill();
    directory.connect().exec('BEGIN EXCLUSIVE');
    expect(await refusal()).toMatch(/: another program has locked it \(SQLITE_BUSY\w*\); /);
  });

  it.each(['missing', 'empty'])('where it is %s, but its log is there', async (state) => {
    await leaveLogBehind();
    const log = readFileSync(`${directory.database}-wal`);
    renameSync(directory.database, join(directory.root, 'moved.db'));
    if (state === 'empty') writeFileSync(directory.database, '');
    expect(await refusalThatKeeps()).toContain(
      `Cannot open ${directory.database}: it is missing or empty, but its log `,
    );
    expect(log.length).toBeGreaterThan(0);
    renameSync(join(directory.root, 'moved.db'), directory.database);
    const { database } = await directory.open();
    expect(database.prepare('SELECT run_id FROM run_logs').all()).toEqual([{ run_id: 'r' }]);
  });

  it.each([
    [
      'events',
      `UPDATE storage_facts SET value = '${EVENT_VERSION + 1}' WHERE name = 'event_version'`,
      `its events are of the version ${EVENT_VERSION + 1}, and this release knows them up to ${EVENT_VERSION}.`,
    ],
    [
      'tables',
      "INSERT INTO kysely_migration VALUES ('2999-12-31-agents', '')",
      'it has 2999-12-31-agents, which this release does not know.',
    ],
  ])('where a newer release has made its %s', async (_, change, expected) => {
    await leaveLogBehind(change);
    expect(await refusalThatKeeps()).toBe(
      `Cannot open ${directory.database}. The database is one of a newer release: ${expected} Start the newer release.`,
    );
  });

  /** Leaves the files as a process does that is killed: the last commits are only in the log. */
  async function leaveLogBehind(change = 'SELECT 1'): Promise<void> {
    await directory.fill();
    const connection = directory.connect();
    connection.exec(`${change}; UPDATE run_logs SET epoch = 2`);
    const saved = ['', '-wal'].map((end) => {
      const copy = join(directory.root, `killed${end}`);
      copyFileSync(directory.database + end, copy);
      return copy;
    });
    connection.close();
    saved.forEach((copy, index) => renameSync(copy, directory.database + ['', '-wal'][index]!));
  }
});

describe('a data directory that is in use', () => {
  const IN_USE = 'another process uses it; stop that one, or set DATA_DIR to another folder';

  it('is refused to the same process', async () => {
    await directory.open();
    expect(await refusal()).toBe(`Cannot open ${directory.path}: ${IN_USE}`);
  });

  it('is refused to other processes', async () => {
    await directory.open();
    expect(await lockElsewhere().said).toBe('SQLITE_BUSY');
  });

  it('is refused while another process has it, and free once that is killed', async () => {
    await directory.fill();
    const { child, said } = lockElsewhere();
    expect(await said).toBe('locked');
    expect(await refusalThatKeeps()).toBe(`Cannot open ${directory.path}: ${IN_USE}`);
    child.kill('SIGKILL');
    await once(child, 'close');
    await directory.open();
  });

  it('is free once it is closed, and after it was refused', async () => {
    await (await directory.open()).onApplicationShutdown();
    renameSync(directory.database, `${directory.database}.away`);
    writeFileSync(directory.database, 'not a database');
    await refusal();
    renameSync(`${directory.database}.away`, directory.database);
    await directory.open();
  });

  /** Another process that tries to lock the directory, and says what came of it. */
  function lockElsewhere() {
    const script = `
      const Database = require('better-sqlite3');
      try {
        new Database(${JSON.stringify(join(directory.path, 'lock.db'))}, { timeout: 0 }).exec('BEGIN EXCLUSIVE');
        process.stdout.write('locked');
        setInterval(() => undefined, 1000);
      } catch (error) {
        process.stdout.write(error.code);
      }`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const said = once(child.stdout, 'data').then(([bytes]) => String(bytes));
    return { child, said };
  }
});

describe('an earlier release', () => {
  it('is brought up to this one with all that it has', async () => {
    mkdirSync(directory.path, { mode: 0o700 });
    const earlier = new Database(directory.database);
    earlier.exec("CREATE TABLE of_before (a); INSERT INTO of_before VALUES ('kept')");
    earlier.close();
    const { database } = await directory.open();
    expect(database.prepare('SELECT a FROM of_before').all()).toEqual([{ a: 'kept' }]);
    expect(existsSync(directory.database)).toBe(true);
  });
});
