import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StorageCopyError } from '../storage-errors.js';
import { copyDatabase, type DatabaseCopy } from './copy-database.js';
import { StorageDirectory } from './testing/storage-directory.js';

let directory: StorageDirectory;
let backups: string;
let target: string;

beforeEach(() => {
  directory = new StorageDirectory();
  backups = join(directory.root, 'backups');
  target = join(backups, 'copy.db');
  mkdirSync(backups);
});
afterEach(() => directory.remove());

const copy = (): DatabaseCopy => copyDatabase(directory.path, target);

function refusal(): string {
  try {
    copy();
  } catch (error) {
    expect(error).toBeInstanceOf(StorageCopyError);
    return (error as StorageCopyError).message;
  }
  throw new Error('It was copied.');
}

/** Puts the copy in the place of the database. */
function restore(): void {
  mkdirSync(join(directory.root, 'restored'));
  renameSync(target, join(directory.root, 'restored', 'agno.db'));
}

describe('a copy of the database', () => {
  it('has all that is committed, is readable by its owner alone, and stands there by itself', async () => {
    const { database } = await directory.open();
    database.write(() =>
      database
        .prepare("INSERT INTO run_logs (run_id, owner, epoch, last_seq) VALUES ('r', 'o', 1, 0)")
        .run(),
    );
    expect(copy()).toEqual({ path: target, size: statSync(target).size });
    expect(statSync(target).mode & 0o777).toBe(0o600);
    expect(readdirSync(backups)).toEqual(['copy.db']);
    const copied = directory.connect(target);
    expect(copied.prepare('SELECT run_id FROM run_logs').all()).toEqual([{ run_id: 'r' }]);
    expect(copied.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  });

  it('can be made of a database that nobody has open, and leaves that as it is', async () => {
    await directory.fill();
    const before = readFileSync(directory.database);
    copy();
    expect(readFileSync(directory.database)).toEqual(before);
    const copied = directory.connect(target);
    expect(copied.prepare('SELECT run_id FROM run_logs').all()).toEqual([{ run_id: 'r' }]);
  });

  it('opens as a database whose runs may have gone on without it', async () => {
    await directory.fill();
    copy();
    restore();
    const restored = await directory.open({ dataDir: join(directory.root, 'restored') });
    expect(restored.trustedSince).toBeGreaterThan(0);
    expect(restored.database.prepare('SELECT run_id FROM run_logs').all()).toEqual([
      { run_id: 'r' },
    ]);
  });

  it('is the state of one moment while others write without a pause', async () => {
    const storage = await directory.open();
    storage.database.write(() => {
      storage.database.prepare('CREATE TABLE a (n INTEGER PRIMARY KEY)').run();
      storage.database.prepare('CREATE TABLE b (n INTEGER PRIMARY KEY)').run();
    });
    // Each transaction gives both tables the next number, in a thread of its own.
    const writer = new Worker(
      `const { workerData, parentPort } = require('node:worker_threads');
       const Database = require('better-sqlite3');
       const connection = new Database(workerData);
       connection.pragma('synchronous = NORMAL');
       const [a, b] = ['a', 'b'].map((t) => connection.prepare(\`INSERT INTO \${t} VALUES (?)\`));
       let n = 0;
       const write = connection.transaction(() => { n += 1; a.run(n); b.run(n); });
       const loop = () => { for (let i = 0; i < 50; i += 1) write(); setImmediate(loop); };
       for (let i = 0; i < 2000; i += 1) write();
       parentPort.on('message', () => { connection.close(); process.exit(); });
       parentPort.postMessage('writing');
       loop();`,
      { eval: true, workerData: directory.database },
    );
    await once(writer, 'message');
    const counts: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      target = join(backups, `copy-${round}.db`);
      copy();
      const copied = directory.connect(target);
      const [numbers, others] = ['a', 'b'].map((table) =>
        copied.prepare(`SELECT n FROM ${table} ORDER BY n`).pluck().all(),
      ) as [number[], number[]];
      // All that was committed up to some moment, and nothing of what came later.
      expect(numbers).toEqual(Array.from(numbers, (_, index) => index + 1));
      expect(others).toEqual(numbers);
      counts.push(numbers.length);
    }
    writer.postMessage('stop');
    await once(writer, 'exit');
    expect(counts[0]).toBeGreaterThanOrEqual(2000);
    expect(counts).toEqual([...new Set(counts)].sort((a, b) => a - b));
  });
});

describe('a copy is refused, and leaves nothing behind,', () => {
  it('where there is no database', () => {
    expect(refusal()).toBe(`Cannot copy ${directory.database}: there is no such file`);
  });

  it('where there is a file of its name, which is kept', async () => {
    await directory.fill();
    writeFileSync(target, 'mine');
    expect(refusal()).toBe(`Cannot copy to ${target}: there is a file, and it is kept`);
    expect(readFileSync(target, 'utf8')).toBe('mine');
    expect(readdirSync(backups)).toEqual(['copy.db']);
  });

  it('where there is no such folder', async () => {
    await directory.fill();
    target = join(backups, 'none', 'copy.db');
    expect(refusal()).toBe(`Cannot copy to ${target}: there is no such folder`);
  });

  it('where its folder cannot be written', async () => {
    await directory.asOrdinaryUser(async () => {
      await directory.fill();
      const closed = join(directory.root, 'closed');
      mkdirSync(closed, { mode: 0o500 });
      target = join(closed, 'copy.db');
      expect(refusal()).toBe(
        `Cannot copy ${directory.database} to ${target}: it cannot be written (EACCES)`,
      );
    });
  });

  it('where the database is damaged', async () => {
    await directory.fill();
    truncateSync(directory.database, 4096 * 3);
    expect(refusal()).toBe(
      `Cannot copy ${directory.database} to ${target}: it is damaged (SQLITE_CORRUPT)`,
    );
    expect(readdirSync(backups)).toEqual([]);
  });

  it('where the file is no database of the service', () => {
    mkdirSync(directory.path);
    directory.connect().exec('CREATE TABLE another (a)');
    expect(refusal()).toBe(
      `Cannot copy ${directory.database}: it is not a database of this service`,
    );
    expect(readdirSync(backups)).toEqual([]);
  });
});
