import { closeSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Availability } from './availability.js';
import { Checkpointer } from './checkpointer.js';
import { Checkpoints } from './checkpoints.js';
import { SqliteDatabase } from './sqlite-database.js';
import { StorageDirectory } from './testing/storage-directory.js';

const PAGE = 4096;
const ROW = 'x'.repeat(3 * PAGE);

let directory: StorageDirectory;
let database: SqliteDatabase;
let checkpoints: Checkpoints;
let log: string;

beforeEach(async () => {
  directory = new StorageDirectory();
  await directory.fill();
  log = `${directory.database}-wal`;
  const connection = directory.connect();
  connection.exec('PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (a)');
  database = new SqliteDatabase(connection, new Availability(directory.logger));
});
afterEach(async () => {
  await checkpoints.close();
  await directory.remove();
});

const start = (largeLog?: number) => {
  checkpoints = new Checkpoints(directory.database, database, directory.logger, largeLog);
};

const insert = () => database.write(() => database.prepare('INSERT INTO t VALUES (?)').run(ROW));

/** How often the log has started over: the checkpoint sequence number in its header. */
function startedOver(): number {
  const header = Buffer.alloc(16);
  const file = openSync(log, 'r');
  readSync(file, header);
  closeSync(file);
  return header.readUInt32BE(12);
}

/** Waits, looking every so many milliseconds. */
async function until(holds: () => boolean, interval = 1): Promise<void> {
  while (!holds()) await setTimeout(interval);
}

describe('checkpoints', () => {
  it('bring what was committed into the database, so that the log starts over', async () => {
    start();
    insert();
    const size = statSync(directory.database).size;
    await until(() => statSync(directory.database).size > size);
    const logSize = statSync(log).size;
    // The log starts over at a commit that finds all before it copied, so they must not be many.
    await until(() => {
      database.write(() => database.prepare('DELETE FROM t').run());
      return startedOver() > 0;
    }, 300);
    expect(statSync(log).size).toBeGreaterThanOrEqual(logSize);
  });

  it('let the log start over though commits never cease', async () => {
    start(100 * PAGE);
    const before = startedOver();
    let rows = 0;
    await until(() => {
      if (database.inTransaction) return false;
      insert();
      rows += 1;
      return startedOver() >= before + 2;
    });
    const found = directory.connect().prepare('SELECT count(*) AS rows FROM t').get();
    expect(found).toEqual({ rows });
    expect(directory.lines).toEqual([]);
  });

  it('are tried again where one fails, and tell so once', async () => {
    const checkpoint = jest
      .spyOn(Checkpointer.prototype, 'checkpoint')
      .mockRejectedValueOnce(new Error('disk full'))
      .mockRejectedValueOnce(new Error('disk full'));
    start();
    insert();
    const size = statSync(directory.database).size;
    await until(() => statSync(directory.database).size > size);
    expect(checkpoint).toHaveBeenCalledTimes(3);
    expect(directory.lines).toEqual([
      { level: 'error', message: 'checkpoint failed', fields: { err: new Error('disk full') } },
    ]);
  });

  it('keep nobody waiting once they have failed', async () => {
    start(PAGE);
    renameSync(directory.database, `${directory.database}.away`);
    insert();
    await until(() => directory.lines.length > 0);
    expect(directory.lines).toMatchObject([
      { message: 'checkpoint failed', fields: { err: { code: 'SQLITE_CANTOPEN' } } },
    ]);
    renameSync(`${directory.database}.away`, directory.database);
    const size = statSync(directory.database).size;
    await until(() => statSync(directory.database).size > size);
    expect(database.inTransaction).toBe(false);
  });

  it('wait for one that is under way when they are closed', async () => {
    start();
    insert();
    const size = statSync(directory.database).size;
    await until(() => statSync(directory.database).size > size);
    await checkpoints.close();
    insert();
    await checkpoints.close();
    expect(directory.lines).toEqual([]);
  });
});
