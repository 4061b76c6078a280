import { afterEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { Kysely, sql, SqliteDialect } from 'kysely';
import { newId } from '../../http/id.js';
import { slowly } from '../../runs/slowly.contract.js';
import { migrate } from '../../storage/sql/migrate.js';
import * as first from '../../storage/sql/migrations/2026-11-22-runs-and-sessions.js';
import type { Tables } from '../../storage/sql/tables.js';
import { SqlFiles } from '../../storage/sql/testing/sql-files.js';
import { describeSessionStore } from '../session-store.contract.js';
import type { NewMessage, NewSession } from '../session.js';
import { SqlSessionStore } from './sql-session-store.js';

const files = new SqlFiles();
afterEach(() => files.clear());

describeSessionStore('an SQLite file', async () => new SqlSessionStore(await files.storage()));
describeSessionStore('an SQLite file behind calls that are late and come in batches', async () => {
  return slowly(new SqlSessionStore(await files.storage()));
});

describe('sessions in an SQLite file', () => {
  const aSession = (): NewSession => ({
    id: newId(),
    owner: 'local',
    title: 'Hello',
    createdAt: 1,
  });
  const aMessage = (content = 'Hello'): NewMessage => ({
    id: newId(),
    role: 'user',
    content,
    tokens: 1,
  });

  it('are there when the file is opened again', async () => {
    const path = await files.path();
    const opened = await files.connect(path);
    const before = new SqlSessionStore(opened);
    const session = aSession();
    await before.create(session);
    await before.ask(session, 'r1', aMessage('one'));
    const two = await before.ask(session, 'r2', aMessage('two'));
    const kept = await before.get(session);
    await files.close(opened);

    const after = new SqlSessionStore(await files.connect(path));
    expect(await after.get(session)).toEqual(kept);
    expect(await after.message(session, two.id)).toEqual(two);
    const three = await after.ask(session, 'r3', aMessage('three'));
    expect(three).toMatchObject({ parentId: two.id, position: 3 });
  });

  it('have any number of messages, of which those near one are read', async () => {
    const database = await files.connect();
    const store = new SqlSessionStore(database);
    const session = aSession();
    await store.create(session);
    await sql`
      with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 10000)
      insert into messages
        (id, session_id, parent_id, position, run_id, place, role, content, details, tokens, created_at)
      select
        'm' || n, ${session.id}, case when n > 1 then 'm' || (n - 1) end, n, 'r' || n, 0, 'user',
        json_quote('text ' || n), '{}', 1, n
      from numbers
    `.execute(database.db);
    const upward = await store.upward(session, 'm10000', 3);
    expect(upward.map(({ content }) => content)).toEqual(['text 10000', 'text 9999', 'text 9998']);
    const page = await store.branch(session, 'm10000', { after: 9_000, limit: 2 });
    expect(page.map(({ content }) => content)).toEqual(['text 9001', 'text 9002']);
    const copy = { ...aSession(), title: 'Copy' };
    await store.fork(session, 'm10000', copy);
    const { headId } = (await store.get(copy))!;
    expect(await store.message(copy, headId!)).toMatchObject({ position: 10_000 });
    expect(await store.delete(session)).toBe(true);
    const left = await database.db.selectFrom('messages').select('session_id').distinct().execute();
    expect(left).toEqual([{ session_id: copy.id }]);
  });

  it('are found as they were before messages were a tree', async () => {
    const path = await files.path();
    const file = new Database(path);
    const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: file }) });
    await migrate(db, { '2026-11-22-runs-and-sessions': first });
    file.exec(`
      insert into sessions values ('s', 'local', '"Größe A"', 5), ('empty', 'local', '"B"', 6);
      insert into messages values
        ('q1', 's', 1, 'r1', 'user', '"one"', 10), ('a1', 's', 2, 'r1', 'assistant', '"two"', 11),
        ('q2', 's', 3, 'r2', 'user', '"three"', 12);
    `);
    await db.destroy();

    const store = new SqlSessionStore(await files.connect(path));
    const key = { owner: 'local', id: 's' };
    expect(await store.get(key)).toEqual({
      ...key,
      title: 'Größe A',
      createdAt: 5,
      updatedAt: 12,
      headId: 'q2',
    });
    expect(await store.branch(key, 'q2', { limit: 9 })).toEqual([
      message('q1', 'user', 'one', { runId: 'r1', parentId: null, position: 1, createdAt: 10 }),
      message('a1', 'assistant', 'two', {
        runId: 'r1',
        parentId: 'q1',
        position: 2,
        createdAt: 11,
      }),
      message('q2', 'user', 'three', { runId: 'r2', parentId: 'a1', position: 3, createdAt: 12 }),
    ]);
    expect(await store.list('local', { search: 'GRÖ' }, { limit: 9 })).toHaveLength(1);
    expect(await store.list('local', { search: 'e a' }, { limit: 9 })).toHaveLength(1);
    expect(await store.get({ owner: 'local', id: 'empty' })).toMatchObject({
      updatedAt: 6,
      headId: null,
    });
    // A run that was under way goes on where it was.
    const asked = await store.ask(key, 'r2', aMessage('three'));
    expect(asked).toMatchObject({ id: 'q2', parentId: 'a1' });
  });
});

function message(id: string, role: string, content: string, place: object): object {
  return { id, role, content, tokens: Math.floor((content.length + 4) / 3), ...place };
}
