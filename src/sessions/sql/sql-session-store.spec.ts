import { afterEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { newId } from '../../http/id.js';
import { slowly } from '../../runs/slowly.contract.js';
import { SqlFiles } from '../../storage/sql/testing/sql-files.js';
import { describeSessionStore } from '../session-store.contract.js';
import type { Session, SessionMessage } from '../session.js';
import { SqlSessionStore } from './sql-session-store.js';

const files = new SqlFiles();
afterEach(() => files.clear());

describeSessionStore('an SQLite file', async () => new SqlSessionStore(await files.storage()));
describeSessionStore('an SQLite file behind calls that are late and come in batches', async () => {
  return slowly(new SqlSessionStore(await files.storage()));
});

describe('sessions in an SQLite file', () => {
  const aSession = (): Session => ({ id: newId(), owner: 'local', title: 'Hello', createdAt: 1 });
  const aMessage = (content = 'Hello'): SessionMessage => ({
    id: newId(),
    runId: newId(),
    role: 'user',
    content,
    createdAt: 1,
  });

  it('are there when the file is opened again', async () => {
    const path = await files.path();
    const first = await files.connect(path);
    const before = new SqlSessionStore(first);
    const session = aSession();
    const messages = [aMessage('one'), aMessage('two')];
    await before.create(session);
    for (const message of messages) await before.put(session, message);
    await files.close(first);

    const after = new SqlSessionStore(await files.connect(path));
    expect(await after.get(session)).toEqual(session);
    expect(await after.messages(session)).toEqual(messages);
    const third = aMessage('three');
    await after.put(session, third);
    expect(await after.messages(session)).toEqual([...messages, third]);
  });

  it('take messages from two connections at once', async () => {
    const path = await files.path();
    const one = new SqlSessionStore(await files.connect(path));
    const other = new SqlSessionStore(await files.connect(path));
    const session = aSession();
    await Promise.all([one.create(session), other.create(session)]);
    const messages = Array.from({ length: 40 }, () => aMessage());
    await Promise.all(
      messages.map((message, index) => [one, other][index % 2]!.put(session, message)),
    );
    const kept = await other.messages(session);
    expect(kept.map(({ id }) => id).sort()).toEqual(messages.map(({ id }) => id).sort());
    expect(await one.messages(session)).toEqual(kept);
  });

  it('have any number of messages, in order', async () => {
    const database = await files.connect();
    const store = new SqlSessionStore(database);
    const session = aSession();
    await store.create(session);
    await sql`
      with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 10000)
      insert into messages (id, session_id, position, run_id, role, content, created_at)
      select 'm' || n, ${session.id}, n, 'r' || n, 'user', json_quote('text ' || n), n from numbers
    `.execute(database.db);
    await store.put(session, aMessage('last'));
    const contents = (await store.messages(session)).map(({ content }) => content);
    const expected = Array.from({ length: 10_000 }, (_, index) => `text ${index + 1}`);
    expect(contents).toEqual([...expected, 'last']);
  });

  it('take their messages with them', async () => {
    const database = await files.connect();
    const store = new SqlSessionStore(database);
    const session = aSession();
    await store.create(session);
    await store.put(session, aMessage());
    await database.db.deleteFrom('sessions').execute();
    expect(await database.db.selectFrom('messages').selectAll().execute()).toEqual([]);
  });
});
