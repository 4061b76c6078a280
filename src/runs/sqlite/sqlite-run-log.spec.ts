import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Settings } from '../../config/settings.js';
import { newId } from '../../http/id.js';
import type { Logger } from '../../logging/logger.js';
import { SqliteStorage } from '../../storage/sqlite/sqlite-storage.js';
import { StorageUnavailableError } from '../../storage/storage-errors.js';
import { RunExpiredError, StaleEpochError } from '../run-errors.js';
import type { RunEvent } from '../run-event.js';
import { describeRunLog } from '../run-log.contract.js';
import type { RunKey } from '../run.js';
import { slowRunLog } from '../slow-run-log.contract.js';
import { SqliteRunLog } from './sqlite-run-log.js';

const ALL = { events: 100_000, size: Number.MAX_SAFE_INTEGER };
const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

let dataDir: string;
let storages: SqliteStorage[];

async function openStorage(): Promise<SqliteStorage> {
  const storage = await SqliteStorage.open(new Settings({ dataDir }), SILENT);
  storages.push(storage);
  return storage;
}

async function close(storage: SqliteStorage): Promise<void> {
  storages.splice(storages.indexOf(storage), 1);
  await storage.onApplicationShutdown();
}

async function open(): Promise<SqliteRunLog> {
  const storage = await openStorage();
  return new SqliteRunLog(storage.database, storage, SILENT);
}

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'run-log-'));
  storages = [];
});
afterEach(async () => {
  for (const storage of [...storages]) await close(storage);
  rmSync(dataDir, { recursive: true });
});

describeRunLog('SQLite', open);
describeRunLog('SQLite behind calls that are late and come in batches', async () =>
  slowRunLog(await open()),
);

describe('a run log in SQLite', () => {
  const aKey = (): RunKey => ({ owner: 'local', id: newId() });
  const text = (seq: number, content = `piece ${seq}`): RunEvent => ({
    type: 'text',
    text: content,
    seq,
  });
  const end = (seq: number): RunEvent => ({
    type: 'completed',
    finishReason: 'stop',
    usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
    timings: { firstTokenMs: 1, totalMs: 2 },
    attempts: 1,
    seq,
  });
  const texts = (count: number, content?: string): RunEvent[] =>
    Array.from({ length: count }, (_, index) => text(index + 1, content));

  it('has everything again after it was closed and opened', async () => {
    const first = await openStorage();
    const [ended, going] = [aKey(), aKey()];
    const before = new SqliteRunLog(first.database, first, SILENT);
    for (const key of [ended, going]) await before.append(key, (await before.claim(key)).epoch, []);
    await before.append(ended, 1, [...texts(3), end(4)]);
    await before.append(going, 1, texts(2));
    await close(first);

    const after = await open();
    expect(await after.read(ended, 0, ALL)).toEqual([...texts(3), end(4)]);
    expect(await after.unended()).toEqual([going]);
    expect(await after.claim(going)).toEqual({ epoch: 2, lastSeq: 2 });
    await expect(after.append(going, 1, [text(3)])).rejects.toBeInstanceOf(StaleEpochError);
    await after.append(going, 2, [text(3)]);
    expect(await after.read(going, 0, ALL)).toEqual(texts(3));
  });

  it('lets a stale owner spoil nothing but its own append of a shared flush', async () => {
    const log = await open();
    const [lost, mine] = [aKey(), aKey()];
    await log.claim(lost);
    await log.claim(lost);
    await log.claim(mine);
    // In the same turn, so in one transaction.
    const [stale, ahead, fine] = await Promise.allSettled([
      log.append(lost, 1, [text(1, 'stale')]),
      log.append(lost, 2, [text(2, 'with a gap')]),
      log.append(mine, 1, texts(2)),
    ]);
    expect(stale).toMatchObject({ status: 'rejected', reason: { name: 'StaleEpochError' } });
    expect(ahead).toMatchObject({ status: 'rejected' });
    expect(fine).toMatchObject({ status: 'fulfilled' });
    expect(await log.read(lost, 0, ALL)).toEqual([]);
    expect(await log.read(mine, 0, ALL)).toEqual(texts(2));
  });

  it('takes nothing after the terminal event', async () => {
    const log = await open();
    const key = aKey();
    const { epoch } = await log.claim(key);
    await log.append(key, epoch, [text(1), end(2)]);
    await expect(log.append(key, epoch, [text(3)])).rejects.toThrow('has ended');
    expect(await log.read(key, 0, ALL)).toEqual([text(1), end(2)]);
  });

  it('gives the same pages from memory and from the disk', async () => {
    const storage = await openStorage();
    const writing = new SqliteRunLog(storage.database, storage, SILENT);
    const key = aKey();
    const { epoch } = await writing.claim(key);
    const events = Array.from({ length: 400 }, (_, n) => text(n + 1, 'x'.repeat((n * 37) % 900)));
    for (let from = 0; from < 400; from += 8) {
      await writing.append(key, epoch, events.slice(from, from + 8));
    }
    const reading = new SqliteRunLog(storage.database, storage, SILENT);
    for (const after of [0, 1, 200, 350, 380, 395, 399, 400]) {
      for (const limit of [ALL, { events: 7, size: ALL.size }, { events: 50, size: 2_000 }]) {
        const page = await writing.read(key, after, limit);
        expect(page).toEqual(await reading.read(key, after, limit));
        if (after < 400) expect(page[0]).toEqual(events[after]);
      }
    }
  });

  it('tells readers and writers when the storage is lost, and goes on when it is back', async () => {
    const storage = await openStorage();
    const log = new SqliteRunLog(storage.database, storage, SILENT);
    const key = aKey();
    const { epoch } = await log.claim(key);
    await log.append(key, epoch, texts(2));
    const waiting = log.next(key, 2, ALL).page;
    const failed = expect(waiting).rejects.toBeInstanceOf(StorageUnavailableError);
    const restored = new Promise<void>((resolve) => storage.restored.subscribe(resolve));
    const pages = storage.database.prepare<[], { page_count: number }>('PRAGMA page_count').get()!;
    const limitTo = (count: number) =>
      storage.database.prepare(`PRAGMA max_page_count = ${count}`).get();
    limitTo(pages.page_count + 2);
    const large = text(3, 'x'.repeat(1_000_000));
    await expect(log.append(key, epoch, [large])).rejects.toBeInstanceOf(StorageUnavailableError);
    await failed;
    await expect(log.next(key, 2, ALL).page).rejects.toBeInstanceOf(StorageUnavailableError);
    await expect(log.claim(aKey())).rejects.toBeInstanceOf(StorageUnavailableError);
    expect(await log.read(key, 0, ALL)).toEqual(texts(2));
    await log.next(key, 1, ALL).page;

    limitTo(1_000_000);
    await restored;
    await log.append(key, epoch, [large]);
    expect(await log.read(key, 0, ALL)).toEqual([...texts(2), large]);
  });

  /** Until no row of this table is left: looked at between the writes of another run. */
  async function untilEmpty(storage: SqliteStorage, log: SqliteRunLog, other: RunKey) {
    const rows = storage.database.prepare<[], { n: number }>(
      `SELECT count(*) AS n FROM run_logs WHERE dropped = 1`,
    );
    let written = 0;
    while (rows.get()!.n > 0) await log.append(other, 1, [text((written += 1))]);
    return written;
  }

  it('lets others write while it deletes a long log', async () => {
    const storage = await openStorage();
    const log = new SqliteRunLog(storage.database, storage, SILENT);
    const [long, other] = [aKey(), aKey()];
    await log.claim(long);
    await log.claim(other);
    const events = texts(20_000, 'x'.repeat(200));
    for (let from = 0; from < events.length; from += 1_000) {
      await log.append(long, 1, events.slice(from, from + 1_000));
    }
    await log.drop([long]);
    await expect(log.read(long, 0, ALL)).rejects.toBeInstanceOf(RunExpiredError);
    const written = await untilEmpty(storage, log, other);
    expect(written).toBeGreaterThan(5);
    expect(await log.read(other, 0, ALL)).toHaveLength(written);
    const left = storage.database.prepare<[], { n: number }>(
      'SELECT count(*) AS n FROM run_events',
    );
    expect(left.get()!.n).toBe(written);
  });

  it('keeps a log whose entries cannot be read from no other, and lets it end', async () => {
    const storage = await openStorage();
    const before = new SqliteRunLog(storage.database, storage, SILENT);
    const [damaged, fine] = [aKey(), aKey()];
    for (const key of [damaged, fine]) {
      await before.claim(key);
      await before.append(key, 1, texts(2));
    }
    storage.database.write(() => {
      storage.database.prepare("UPDATE run_journal SET body = '{' WHERE log = 1 AND seq = 2").run();
    });
    const after = new SqliteRunLog(storage.database, storage, SILENT);
    expect(await after.claim(fine)).toEqual({ epoch: 2, lastSeq: 2 });
    expect(await after.read(fine, 0, ALL)).toEqual(texts(2));
    expect(await after.claim(damaged)).toEqual({ epoch: 2, lastSeq: 2 });
    await expect(after.read(damaged, 0, ALL)).rejects.toThrow(SyntaxError);
    await after.append(damaged, 2, [end(3)]);
    expect(await after.read(damaged, 0, ALL)).toEqual([end(3)]);
  });

  it('sweeps what the processes before it have left', async () => {
    const count = (storage: SqliteStorage) =>
      storage.database.prepare<[], { n: number }>('SELECT count(*) AS n FROM run_journal').get()!.n;
    for (let life = 0; life < 3; life += 1) {
      const storage = await openStorage();
      const log = new SqliteRunLog(storage.database, storage, SILENT);
      const key = aKey();
      await log.claim(key);
      for (let seq = 1; seq <= 50; seq += 1) await log.append(key, 1, [text(seq)]);
      await log.append(key, 1, [end(51)]);
      expect(count(storage)).toBeLessThanOrEqual(51);
      await close(storage);
    }
  });

  it('leaves nothing of dropped runs in its journal, and loses nothing of the others', async () => {
    const storage = await openStorage();
    const log = new SqliteRunLog(storage.database, storage, SILENT);
    const bodies = storage.database.prepare<[], { body: string }>(
      'SELECT body FROM run_journal ORDER BY id',
    );
    const [gone, going, last] = [aKey(), aKey(), aKey()];
    for (const key of [gone, going, last]) await log.claim(key);
    await log.append(gone, 1, [text(1, 'said by one that is gone')]);
    await log.append(going, 1, [text(1, 'kept')]);
    await log.append(last, 1, [text(1, 'said last')]);
    await log.drop([gone]);
    await log.drop([last]);
    const said = () => bodies.all().map(({ body }) => body);
    while (said().some((body) => body.includes('gone'))) await log.claim(aKey());
    expect(await log.read(going, 0, ALL)).toEqual([text(1, 'kept')]);

    await log.drop([going]);
    while (said().join('') !== '') await log.claim(aKey());
    expect(said()).toEqual(['']);
    const next = aKey();
    await log.claim(next);
    await log.append(next, 1, texts(2));
    expect(await new SqliteRunLog(storage.database, storage, SILENT).read(next, 0, ALL)).toEqual(
      texts(2),
    );
  });

  it('leaves nothing of what was dropped, also where it was killed in the middle', async () => {
    const storage = await openStorage();
    const key = aKey();
    const before = new SqliteRunLog(storage.database, storage, SILENT);
    await before.claim(key);
    await before.append(key, 1, texts(5_000));
    // What a process leaves that dies after the mark.
    storage.database.write(() => {
      storage.database.prepare('UPDATE run_logs SET dropped = 1').run();
    });
    const after = new SqliteRunLog(storage.database, storage, SILENT);
    await expect(after.read(key, 0, ALL)).rejects.toBeInstanceOf(RunExpiredError);
    expect(await after.unended()).toEqual([]);
    const other = aKey();
    await after.claim(other);
    await after.drop([]);
    await untilEmpty(storage, after, other);
    await after.drop([other]);
    await after.claim(key);
    await untilEmpty(storage, after, key);
    const count = (table: string) =>
      storage.database.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${table}`).get()!.n;
    expect([count('run_events'), count('run_logs')]).toEqual([0, 1]);
  });
});
