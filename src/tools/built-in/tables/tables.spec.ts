import { mkdtemp, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AGENT_DEFAULTS } from '../../../config/agents-config.js';
import type { ToolContext } from '../../tool.js';
import { readCsv } from './csv-table.js';
import { Tables } from './tables.js';

const ORDERS = `\ufeffdate;region;"price; net";amount
2026-01-01;north;1.1;3
2026-01-02;south;2.2;
2026-01-03;north;"0.1";5

2026-02-01;"ea""st";4;2;extra
`;

describe('the tools for tables', () => {
  let root: string;
  let context: ToolContext;
  let tables: Tables;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'agno-tables-'));
    await writeFile(join(root, 'orders.csv'), ORDERS);
    await writeFile(join(root, 'odd.tsv'), 'a\ta\t\n1\tx\t"line\none"\n');
    await writeFile(join(root, 'notes.txt'), 'no table');
    await symlink('/etc/hostname', join(root, 'link.csv'));
    const agent = { ...AGENT_DEFAULTS, id: 'a', name: 'A', tables: root };
    context = { agent } as unknown as ToolContext;
    tables = new Tables();
  });
  afterEach(() => rm(root, { recursive: true }));

  const query = async (args: object): Promise<string[]> =>
    (await tables.queryTable({ table: 'orders', ...args }, context)).split('\n');

  it('list what there is', async () => {
    expect(await tables.listTables({}, context)).toEqual([
      {
        table: 'odd',
        rows: 1,
        columns: [
          { name: 'a', type: 'number' },
          { name: 'a_2', type: 'text' },
          { name: 'column_3', type: 'text' },
        ],
        sample: [[1, 'x', 'line\none']],
      },
      {
        table: 'orders',
        rows: 4,
        columns: [
          { name: 'date', type: 'text' },
          { name: 'region', type: 'text' },
          { name: 'price; net', type: 'number' },
          { name: 'amount', type: 'number' },
        ],
        sample: [
          ['2026-01-01', 'north', 1.1, 3],
          ['2026-01-02', 'south', 2.2, null],
          ['2026-01-03', 'north', 0.1, 5],
        ],
      },
    ]);
  });

  it.each<[string, object, string[]]>([
    [
      'all of it',
      {},
      [
        'date,region,price; net,amount',
        '2026-01-01,north,1.1,3',
        '2026-01-02,south,2.2,',
        '2026-01-03,north,0.1,5',
        '2026-02-01,"ea""st",4,2',
      ],
    ],
    [
      'some columns of some rows',
      { columns: ['amount'], where: [{ column: 'region', operator: 'eq', value: 'north' }] },
      ['amount', '3', '5'],
    ],
    [
      'numbers by their size',
      { columns: ['date'], where: [{ column: 'amount', operator: 'gte', value: '3' }] },
      ['date', '2026-01-01', '2026-01-03'],
    ],
    [
      'dates as texts',
      { columns: ['date'], where: [{ column: 'date', operator: 'gt', value: '2026-01-02' }] },
      ['date', '2026-01-03', '2026-02-01'],
    ],
    [
      'what is empty',
      { columns: ['date'], where: [{ column: 'amount', operator: 'is_empty' }] },
      ['date', '2026-01-02'],
    ],
    [
      'what contains a text',
      { columns: ['date'], where: [{ column: 'region', operator: 'contains', value: 'OUT' }] },
      ['date', '2026-01-02'],
    ],
    [
      'groups, largest first',
      {
        group_by: ['region'],
        aggregates: [
          { function: 'count' },
          { function: 'sum', column: 'price; net' },
          { function: 'avg', column: 'amount' },
        ],
        order_by: 'sum_price; net',
        descending: true,
      },
      ['region,count,sum_price; net,avg_amount', '"ea""st",1,4,2', 'south,1,2.2,', 'north,2,1.2,4'],
    ],
    [
      'one number',
      {
        aggregates: [
          { function: 'sum', column: 'price; net' },
          { function: 'max', column: 'date' },
          { function: 'count', column: 'amount' },
        ],
      },
      ['sum_price; net,max_date,count_amount', '7.4,2026-02-01,3'],
    ],
    [
      'one number of nothing',
      {
        where: [{ column: 'date', operator: 'eq', value: 'x' }],
        aggregates: [{ function: 'count' }, { function: 'sum', column: 'amount' }],
      },
      ['count,sum_amount', '0,'],
    ],
    [
      'some of many',
      { columns: ['date'], order_by: 'date', limit: 2 },
      ['date', '2026-01-01', '2026-01-02', '(2 of 4 rows)'],
    ],
  ])('answer with %s', async (_, args, lines) => {
    expect(await query(args)).toEqual(lines);
  });

  it.each<[object, string]>([
    [{ table: 'nothing' }, 'There is no table "nothing". There are: odd, orders.'],
    [{ table: '../orders' }, 'There is no table "../orders".'],
    [{ table: 'link' }, 'There is no table "link".'],
    [
      { columns: ['prize'] },
      'There is no column "prize". There are: date, region, price; net, amount.',
    ],
    [
      { where: [{ column: 'amount', operator: 'eq', value: 'three' }] },
      '"amount" has numbers, and "three" is none.',
    ],
    [{ where: [{ column: 'amount', operator: 'eq' }] }, 'The operator eq needs a value.'],
    [
      { aggregates: [{ function: 'sum', column: 'region' }] },
      'sum needs a column of numbers, which "region" is not.',
    ],
    [{ aggregates: [{ function: 'sum' }] }, 'sum needs a column.'],
    [{ order_by: 'prize' }, 'The result has no column "prize" to be ordered by.'],
    [
      { columns: ['date'], group_by: ['date'] },
      'columns goes with neither group_by nor aggregates',
    ],
  ])('say what is wrong with %j', async (args, why) => {
    await expect(query(args)).rejects.toThrow(why);
  });

  it('take codes of digits for texts, and add exactly', async () => {
    const rows = ['01234;+49301;12345678901234567890;1234567890123', '1;2;3;0.07', ';;;0.01'];
    await writeFile(join(root, 'orders.csv'), `zip;phone;id;sum\n${rows.join('\n')}\n`);
    expect(await query({ aggregates: [{ function: 'sum', column: 'sum' }] })).toContain(
      '1234567890123.08',
    );
    expect(await query({ columns: ['zip', 'phone', 'id'], limit: 1 })).toContain(
      '01234,+49301,12345678901234567890',
    );
  });

  it('list the others where one cannot be read', async () => {
    await writeFile(join(root, 'huge.csv'), 'a');
    await truncate(join(root, 'huge.csv'), 21 * 1024 * 1024);
    expect(await tables.listTables({}, context)).toMatchObject([
      { table: 'huge', error: 'The table huge is larger than 20 MB.' },
      { table: 'odd', rows: 1 },
      { table: 'orders', rows: 4 },
    ]);
  });

  it('say that a file went away while it was read', async () => {
    const gone = readCsv(join(root, 'orders.csv'));
    await rm(join(root, 'orders.csv'));
    // Read whole, or refused: what it must not do is to end the process.
    await gone.catch((error: NodeJS.ErrnoException) => expect(error.code).toBe('ENOENT'));
    await expect(readCsv(root)).rejects.toMatchObject({ code: 'EISDIR' });
  });

  it('tell tables of one name apart', async () => {
    await writeFile(join(root, 'orders.tsv'), 'x\n1\n');
    const listed = await tables.listTables({}, context);
    expect(listed.map(({ table }) => table)).toEqual(['odd', 'orders.csv', 'orders.tsv']);
  });

  it('read a table again once it has changed', async () => {
    await query({});
    const path = join(root, 'orders.csv');
    await writeFile(path, 'a\n1\n');
    await utimes(path, new Date(), new Date(Date.now() + 5_000));
    expect(await query({})).toEqual(['a', '1']);
  });

  it('say that there is no folder', async () => {
    const agent = { ...AGENT_DEFAULTS, id: 'a', name: 'A' };
    await expect(tables.listTables({}, { agent } as unknown as ToolContext)).rejects.toThrow(
      'This agent has no folder of tables.',
    );
  });
});
