import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { firstValueFrom } from 'rxjs';
import { StorageUnavailableError } from '../storage-errors.js';
import type { SqliteDatabase } from './sqlite-database.js';
import type { SqliteStorage } from './sqlite-storage.js';
import { StorageDirectory } from './testing/storage-directory.js';

const BIG = 'x'.repeat(100_000);

let directory: StorageDirectory;
let storage: SqliteStorage;
let database: SqliteDatabase;

beforeEach(async () => {
  directory = new StorageDirectory();
  storage = await directory.open();
  database = storage.database;
  database.write(() => database.prepare('CREATE TABLE t (a)').run());
});
afterEach(() => directory.remove());

const insert = (value: string) => database.prepare('INSERT INTO t VALUES (?)').run(value);
const join = (value: string) => {
  const statement = database.prepare('INSERT INTO t VALUES (?)');
  return database.join(() => ({ changes: statement.run(value).changes }));
};
const rows = () =>
  database
    .prepare<[], { a: string }>('SELECT a FROM t')
    .all()
    .map(({ a }) => a);

/** Sets how far the database may grow, from where it is: as much as a full disk does. */
function allowPages(more: number): void {
  const { page_count: count } = database
    .prepare<[], { page_count: number }>('PRAGMA page_count')
    .get()!;
  database.prepare(`PRAGMA max_page_count = ${count + more}`).get();
}

/** What is thrown. */
function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

const messages = () => directory.lines.map(({ level, message }) => `${level}: ${message}`);

describe('a write', () => {
  it('is committed whole, and gives what its work gives', () => {
    const result = database.write(() => {
      insert('a');
      insert('b');
      return 'done';
    });
    expect(result).toBe('done');
    const other = directory.connect();
    expect(other.prepare('SELECT a FROM t').all()).toEqual([{ a: 'a' }, { a: 'b' }]);
  });

  it('leaves nothing where its work throws, and throws the same', () => {
    const failure = new Error('no');
    const thrown = thrownBy(() =>
      database.write(() => {
        insert('a');
        throw failure;
      }),
    );
    expect(thrown).toBe(failure);
    expect([rows(), storage.available]).toEqual([[], true]);
  });

  it('throws the errors of statements as they are', () => {
    const thrown = thrownBy(() =>
      database.write(() =>
        database.prepare("INSERT INTO storage_facts VALUES ('clean', 'x')").run(),
      ),
    );
    expect(thrown).toMatchObject({ code: 'SQLITE_CONSTRAINT_PRIMARYKEY' });
    expect(storage.available).toBe(true);
  });

  it('is refused within another one', () => {
    expect(() => database.write(() => database.write(() => insert('a')))).toThrow(
      'A transaction is open already.',
    );
    expect(rows()).toEqual([]);
  });

  it('is refused, as all else, once the storage is closed', async () => {
    await storage.onApplicationShutdown();
    expect(() => database.write(() => undefined)).toThrow(StorageUnavailableError);
    expect(() => database.read(() => undefined)).toThrow(StorageUnavailableError);
    const query = storage.sql.db.selectFrom('runs').selectAll().execute();
    await expect(query).rejects.toThrow(StorageUnavailableError);
  });
});

describe('writes that stand alone', () => {
  const failure = new Error('no');

  it('are one commit where they come together, and each gives what it gives', async () => {
    let commits = 0;
    database.committed.subscribe(() => (commits += 1));
    const results = await Promise.all(['a', 'b', 'c'].map((value) => join(value)));
    expect(results).toEqual([{ changes: 1 }, { changes: 1 }, { changes: 1 }]);
    await join('d');
    expect([rows(), commits]).toEqual([['a', 'b', 'c', 'd'], 2]);
  });

  it('are there when they are said to be', async () => {
    const other = directory.connect();
    const written = join('a');
    expect(other.prepare('SELECT a FROM t').all()).toEqual([]);
    await written;
    expect(other.prepare('SELECT a FROM t').all()).toEqual([{ a: 'a' }]);
  });

  it('leave each other alone where one fails', async () => {
    database.write(() => database.prepare('CREATE UNIQUE INDEX i ON t (a)').run());
    const failing = database.join(() => {
      throw failure;
    });
    const settled = await Promise.allSettled([join('a'), join('a'), failing, join('b')]);
    expect(settled).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'SQLITE_CONSTRAINT_UNIQUE' } },
      { status: 'rejected', reason: failure },
      { status: 'fulfilled' },
    ]);
    expect([rows(), storage.available]).toEqual([['a', 'b'], true]);
  });

  it('fail together where the storage does', async () => {
    allowPages(0);
    const settled = await Promise.allSettled([join('a'), join(BIG), join('b')]);
    for (const outcome of settled) {
      expect(outcome).toMatchObject({ reason: { cause: { code: 'SQLITE_FULL' } } });
    }
    expect(rows()).toEqual([]);
    await expect(join('c')).rejects.toThrow(StorageUnavailableError);
  });

  it('wait for a transaction of Kysely and for a pause', async () => {
    const order: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const open = storage.sql.db.transaction().execute(async (transaction) => {
      await sql`INSERT INTO t VALUES ('x')`.execute(transaction);
      await promise;
      order.push('transaction');
    });
    const written = join('a').then(() => order.push('write'));
    setImmediate(resolve);
    await Promise.all([open, written]);
    const pause = database.hold(async () => {
      await new Promise((resume) => setImmediate(resume));
      order.push('pause');
    });
    await Promise.all([pause, join('b').then(() => order.push('write'))]);
    expect(order).toEqual(['transaction', 'write', 'pause', 'write']);
    expect(rows()).toEqual(['x', 'a', 'b']);
  });
});

describe('a storage that is full', () => {
  it('is lost: the write is taken back, and what comes after it refused', async () => {
    database.write(() => insert('before'));
    const lost = firstValueFrom(storage.lost);
    allowPages(0);
    const thrown = thrownBy(() => database.write(() => insert(BIG)));
    expect(thrown).toBeInstanceOf(StorageUnavailableError);
    expect((thrown as Error).cause).toMatchObject({ code: 'SQLITE_FULL' });
    await lost;
    expect(storage.available).toBe(false);
    expect(() => database.write(() => insert('after'))).toThrow(StorageUnavailableError);
    const create = storage.sql.db.insertInto('sessions').values(SESSION).execute();
    await expect(create).rejects.toThrow(StorageUnavailableError);
    expect(rows()).toEqual(['before']);
    expect(await storage.sql.db.selectFrom('sessions').selectAll().execute()).toEqual([]);
    expect(messages()).toEqual(['error: storage lost']);
    expect(directory.lines[0]!.fields).toMatchObject({ err: { code: 'SQLITE_FULL' } });
  });

  it('is restored once there is room for more than a few rows', async () => {
    allowPages(0);
    thrownBy(() => database.write(() => insert(BIG)));
    allowPages(20);
    const restored = firstValueFrom(storage.restored);
    let room = false;
    // The first try, after a second, meets too little. The one after that does not.
    setTimeout(() => {
      allowPages(1000);
      room = true;
    }, 1_500);
    await restored;
    expect([room, storage.available]).toEqual([true, true]);
    database.write(() => insert(BIG));
    expect(rows()).toEqual([BIG]);
    expect(messages()).toEqual(['error: storage lost', 'info: storage restored']);
    const facts = database.prepare("SELECT value FROM storage_facts WHERE name = 'probe'").all();
    expect(facts).toEqual([]);
  });

  it('is lost by a query of Kysely too, which is told why', async () => {
    allowPages(0);
    const title = 'x'.repeat(100_000);
    const writing = storage.sql.db.transaction().execute(async (transaction) => {
      await transaction.insertInto('sessions').values(SESSION).execute();
      await transaction
        .insertInto('sessions')
        .values({ ...SESSION, id: '2', title })
        .execute();
    });
    await expect(writing).rejects.toMatchObject({
      code: 'storage_unavailable',
      cause: { code: 'SQLITE_FULL' },
    });
    expect([storage.available, database.inTransaction]).toEqual([false, false]);
    expect(await storage.sql.db.selectFrom('sessions').selectAll().execute()).toEqual([]);
  });

  it('can be closed, and has all that was committed', async () => {
    database.write(() => insert('before'));
    allowPages(0);
    thrownBy(() => database.write(() => insert(BIG)));
    await storage.onApplicationShutdown();
    const again = await directory.open();
    expect(again.database.prepare('SELECT a FROM t').all()).toEqual([{ a: 'before' }]);
  });
});

describe('a storage that is locked by another program', () => {
  it('is lost until that gives it up', async () => {
    const other = directory.connect();
    other.exec('BEGIN IMMEDIATE');
    const thrown = thrownBy(() => database.write(() => insert('a')));
    expect(thrown).toMatchObject({ cause: { code: 'SQLITE_BUSY' } });
    expect(storage.available).toBe(false);
    const restored = firstValueFrom(storage.restored);
    other.exec('COMMIT');
    await restored;
    database.write(() => insert('b'));
    expect(rows()).toEqual(['b']);
  });
});

describe('a read of what is damaged', () => {
  beforeEach(async () => {
    database.write(() => insert('a'));
    const { rootpage } = database
      .prepare<[], { rootpage: number }>("SELECT rootpage FROM sqlite_schema WHERE name = 't'")
      .get()!;
    await storage.onApplicationShutdown();
    const bytes = readFileSync(directory.database);
    writeFileSync(directory.database, bytes.fill(0xff, (rootpage - 1) * 4096, rootpage * 4096));
    storage = await directory.open();
    database = storage.database;
  });

  it('tells so, and does not end a storage that can be written', async () => {
    const facts = database.prepare<[], { value: string }>('SELECT value FROM storage_facts');
    expect(thrownBy(() => database.read(rows))).toMatchObject({
      code: 'storage_unavailable',
      cause: { code: 'SQLITE_CORRUPT' },
    });
    expect(storage.available).toBe(true);
    expect(database.read(() => facts.all())).not.toEqual([]);
    expect(messages()).toEqual([]);
  });

  it('ends one that cannot be written, too', async () => {
    const lost = firstValueFrom(storage.lost);
    allowPages(0);
    thrownBy(() => database.read(rows));
    await lost;
    expect([storage.available, messages()]).toEqual([false, ['error: storage lost']]);
  });
});

describe('queries of Kysely', () => {
  it('leave no transaction open between two turns of the event loop', async () => {
    const { db } = storage.sql;
    await sql`SELECT 1`.execute(db);
    let done = 0;
    const transactions = Array.from({ length: 20 }, async () => {
      await db.transaction().execute(async (transaction) => {
        for (let row = 0; row < 20; row += 1) {
          await sql`INSERT INTO t VALUES ('x')`.execute(transaction);
        }
      });
      done += 1;
    });
    const atNextTurn = await new Promise((resolve) =>
      setImmediate(() => resolve({ open: database.inTransaction, done })),
    );
    expect(atNextTurn).toEqual({ open: false, done: 20 });
    await Promise.all(transactions);
    expect(rows()).toHaveLength(400);
  });

  it('keep writes waiting where one of them does wait for something else', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const open = storage.sql.db.transaction().execute(async (transaction) => {
      await sql`INSERT INTO t VALUES ('x')`.execute(transaction);
      await promise;
    });
    await new Promise((next) => setImmediate(next));
    expect(database.inTransaction).toBe(true);
    expect(() => database.write(() => insert('y'))).toThrow('A transaction is open already.');
    resolve();
    await open;
    expect([database.inTransaction, rows()]).toEqual([false, ['x']]);
  });

  it('see nothing of a transaction of others before it is committed', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const inserted = Promise.withResolvers<void>();
    const open = storage.sql.db.transaction().execute(async (transaction) => {
      await transaction.insertInto('sessions').values(SESSION).execute();
      inserted.resolve();
      await promise;
      throw new Error('no');
    });
    await inserted.promise;
    const reading = storage.sql.db.selectFrom('sessions').selectAll().execute();
    setImmediate(resolve);
    await expect(open).rejects.toThrow('no');
    expect(await reading).toEqual([]);
  });

  it('are whole or not there', async () => {
    const failure = new Error('no');
    const failing = storage.sql.db.transaction().execute(async (transaction) => {
      await transaction.insertInto('sessions').values(SESSION).execute();
      throw failure;
    });
    await expect(failing).rejects.toBe(failure);
    expect(await storage.sql.db.selectFrom('sessions').selectAll().execute()).toEqual([]);
  });

  it('throw the errors of statements as they are', async () => {
    const { db } = storage.sql;
    await db.insertInto('sessions').values(SESSION).execute();
    const again = db.insertInto('sessions').values(SESSION).execute();
    await expect(again).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_PRIMARYKEY' });
    expect(storage.available).toBe(true);
  });

  it('may be as many as there are', async () => {
    const { db } = storage.sql;
    for (let round = 0; round < 2; round += 1) {
      for (let n = 0; n < 300; n += 1) {
        const { rows: found } = await sql<{ n: number }>`SELECT ${sql.raw(String(n))} AS n`.execute(
          db,
        );
        expect(found).toEqual([{ n }]);
      }
    }
  });

  it('may be read row by row while others write', async () => {
    const { db } = storage.sql;
    const read: string[] = [];
    for (const id of ['1', '2']) {
      await db
        .insertInto('sessions')
        .values({ ...SESSION, id, title: id })
        .execute();
    }
    for await (const { title } of db.selectFrom('sessions').select('title').stream()) {
      database.write(() => insert(title));
      read.push(title);
    }
    expect(read).toEqual(['1', '2']);
  });
});

const SESSION = { id: '1', owner: 'local', title: '"t"', created_at: 0 };
