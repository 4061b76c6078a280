import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { Kysely, sql, SqliteDialect } from 'kysely';
import { StorageOpenError } from '../storage-errors.js';
import { migrate, type Migrations } from './migrate.js';
import { MIGRATIONS } from './migrations/index.js';
import type { Tables } from './tables.js';

describe('migrating a database', () => {
  let file: Database.Database;
  let db: Kysely<Tables>;

  beforeEach(() => {
    file = new Database(':memory:');
    db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: file }) });
  });
  afterEach(() => db.destroy());

  /** All that is in the database, as text. */
  const contents = (): string => file.serialize().toString('latin1');
  const tables = (): unknown[] =>
    file.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`).pluck().all();
  const making = (table: string): Migrations[string] => ({
    up: async (trx) => trx.schema.createTable(table).addColumn('id', 'text').execute(),
  });

  it('makes the tables, and finds them made the next time', async () => {
    await migrate(db, MIGRATIONS);
    expect(tables()).toEqual(expect.arrayContaining(['messages', 'runs', 'sessions']));
    const before = contents();
    await migrate(db, MIGRATIONS);
    expect(contents()).toBe(before);
  });

  it('adds what a newer release brings', async () => {
    await migrate(db, MIGRATIONS);
    await migrate(db, { ...MIGRATIONS, '9999-later': making('later') });
    expect(tables()).toContain('later');
  });

  it('does all or nothing', async () => {
    await expect(
      migrate(db, {
        '1-good': making('good'),
        '2-bad': {
          up: async (trx) => {
            await making('half').up(trx);
            await sql`not sql`.execute(trx);
          },
        },
      }),
    ).rejects.toThrow('syntax error');
    expect(tables()).toEqual([]);
    await migrate(db, { '1-good': making('good') });
    expect(tables()).toContain('good');
  });

  it('refuses a database of a newer release, and leaves it as it is', async () => {
    await migrate(db, {
      ...MIGRATIONS,
      '9998-later': making('later'),
      '9999-last': making('last'),
    });
    const before = contents();
    const refused = migrate(db, MIGRATIONS);
    await expect(refused).rejects.toBeInstanceOf(StorageOpenError);
    await expect(refused).rejects.toThrow(
      'The database is one of a newer release: it has 9998-later, 9999-last, which this release does not know.',
    );
    expect(contents()).toBe(before);
  });

  it('has names that sort by date', () => {
    for (const name of Object.keys(MIGRATIONS)) expect(name).toMatch(/^\d{4}-\d{2}-\d{2}-[a-z-]+$/);
  });
});
