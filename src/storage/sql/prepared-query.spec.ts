import { afterEach, describe, expect, it } from '@jest/globals';
import type { LogEvent } from 'kysely';
import { PreparedQuery, steady } from './prepared-query.js';
import { SqlFiles } from './testing/sql-files.js';

const files = new SqlFiles();
afterEach(() => files.clear());

describe('a prepared query', () => {
  it('is compiled once and run with the values of each time', async () => {
    const { db } = await files.connect();
    const insert = new PreparedQuery<{ id: string; text: string }>(db, (the) =>
      db
        .insertInto('sessions')
        .values({ id: the('id'), owner: the('text'), title: the('text'), created_at: 1 }),
    );
    await insert.run({ id: 'one', text: 'a' });
    const { numAffectedRows } = await insert.run({ id: 'two', text: 'b' });
    expect(numAffectedRows).toBe(1n);

    const find = new PreparedQuery<{ id: string }, { owner: string; title: string }>(db, (the) =>
      db
        .selectFrom('sessions')
        .select(['owner', 'title'])
        .where('id', '=', steady(the('id'))),
    );
    expect(await find.first({ id: 'one' })).toEqual({ owner: 'a', title: 'a' });
    expect(await find.first({ id: 'two' })).toEqual({ owner: 'b', title: 'b' });
    expect(await find.first({ id: 'three' })).toBeUndefined();
  });

  it('keeps its text, whatever the values', async () => {
    const texts = new Set<string>();
    const log = ({ query }: LogEvent): void => void texts.add(query.sql);
    const { db } = await files.connect(undefined, log);
    const find = new PreparedQuery<{ id: string | null }>(db, (the) =>
      db.selectFrom('runs').select('id').where('session_id', '=', the('id')),
    );
    texts.clear();
    for (const id of ['one', "' or 1=1", null]) await find.run({ id });
    expect([...texts]).toEqual(['select "id" from "runs" where "session_id" = ?']);
  });
});
