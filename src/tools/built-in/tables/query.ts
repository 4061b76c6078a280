import { ToolError } from '../../tool-error.js';
import type { Cell, CsvTable } from './csv-table.js';

export const OPERATORS = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'contains', 'is_empty'] as const;
export const AGGREGATES = ['count', 'sum', 'avg', 'min', 'max'] as const;

/** What a row has to be like. */
export interface Condition {
  column: string;
  operator: (typeof OPERATORS)[number];
  value?: string | number | undefined;
}

/** What is made of the rows of a group. */
export interface Aggregate {
  function: (typeof AGGREGATES)[number];
  /** May be left out for `count`: rows are counted. */
  column?: string | undefined;
}

export interface Query {
  columns?: readonly string[] | undefined;
  where?: readonly Condition[] | undefined;
  groupBy?: readonly string[] | undefined;
  aggregates?: readonly Aggregate[] | undefined;
  orderBy?: string | undefined;
  descending?: boolean | undefined;
  limit: number;
}

/** What a query comes to. */
export interface QueryResult {
  columns: readonly string[];
  rows: readonly (readonly Cell[])[];
  /** How many rows there would be without the limit. */
  total: number;
}

/** Asks a table. @throws ToolError for a column that there is not, or that cannot be what is asked */
export function ask(table: CsvTable, query: Query): QueryResult {
  const { where = [], groupBy = [], aggregates = [], columns } = query;
  const kept = table.rows.filter((row) => where.every((one) => holds(one, row, table)));
  const isGrouped = groupBy.length > 0 || aggregates.length > 0;
  if (isGrouped && columns !== undefined) {
    throw new ToolError('columns goes with neither group_by nor aggregates: the result has those.');
  }
  const result = isGrouped
    ? grouped({ ...table, rows: kept }, groupBy, aggregates)
    : selected({ ...table, rows: kept }, columns);
  const rows = ordered(result, query);
  return { columns: result.columns, rows: rows.slice(0, query.limit), total: rows.length };
}

function selected(
  table: CsvTable,
  columns: readonly string[] = table.columns.map(({ name }) => name),
): Omit<QueryResult, 'total'> {
  const places = columns.map((name) => placeOf(name, table));
  return { columns, rows: table.rows.map((row) => places.map((place) => row[place]!)) };
}

function grouped(
  table: CsvTable,
  groupBy: readonly string[],
  aggregates: readonly Aggregate[],
): Omit<QueryResult, 'total'> {
  const places = groupBy.map((name) => placeOf(name, table));
  const groups = new Map<string, (readonly Cell[])[]>();
  // Without groups all rows are one, even where there are none.
  if (groupBy.length === 0) groups.set('[]', []);
  for (const row of table.rows) {
    const key = JSON.stringify(places.map((place) => row[place]));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  const made = aggregates.map((one) => aggregator(one, table));
  return {
    columns: [...groupBy, ...aggregates.map(nameOf)],
    rows: [...groups].map(([key, rows]) => [
      ...(JSON.parse(key) as Cell[]),
      ...made.map((aggregate) => aggregate(rows)),
    ]),
  };
}

function nameOf({ function: name, column }: Aggregate): string {
  return column === undefined ? name : `${name}_${column}`;
}

function aggregator(
  { function: name, column }: Aggregate,
  table: CsvTable,
): (rows: readonly (readonly Cell[])[]) => Cell {
  if (column === undefined) {
    if (name === 'count') return (rows) => rows.length;
    throw new ToolError(`${name} needs a column.`);
  }
  const place = placeOf(column, table);
  const filled = (rows: readonly (readonly Cell[])[]): Cell[] =>
    rows.map((row) => row[place]!).filter((cell) => cell !== null);
  if (name === 'count') return (rows) => filled(rows).length;
  if (name === 'min' || name === 'max') {
    const sign = name === 'min' ? 1 : -1;
    return (rows) =>
      filled(rows).reduce<Cell>(
        (best, cell) => (best === null || sign * compare(cell, best) < 0 ? cell : best),
        null,
      );
  }
  if (table.columns[place]!.type !== 'number') {
    throw new ToolError(
      `${name} needs a column of numbers, which ${JSON.stringify(column)} is not.`,
    );
  }
  return (rows) => {
    const numbers = filled(rows) as number[];
    if (numbers.length === 0) return null;
    const sum = sumOf(numbers);
    return tidy(name === 'sum' ? sum : sum / numbers.length);
  };
}

/** With what each step rounds away added at the end (Neumaier 1974). */
function sumOf(numbers: readonly number[]): number {
  let [sum, lost] = [0, 0];
  for (const number of numbers) {
    const next = sum + number;
    lost += Math.abs(sum) >= Math.abs(number) ? sum - next + number : number - next + sum;
    sum = next;
  }
  return sum + lost;
}

/** Without what binary fractions add to decimal ones. */
function tidy(number: number): number {
  return Number.isSafeInteger(number) ? number : Number(number.toPrecision(15));
}

function ordered(
  { columns, rows }: Omit<QueryResult, 'total'>,
  { orderBy, descending = false }: Query,
): readonly (readonly Cell[])[] {
  if (orderBy === undefined) return rows;
  const place = columns.indexOf(orderBy);
  if (place === -1) {
    throw new ToolError(
      `The result has no column ${JSON.stringify(orderBy)} to be ordered by. It has: ${columns.join(', ')}.`,
    );
  }
  const sign = descending ? -1 : 1;
  return [...rows].sort((one, other) => sign * compare(one[place]!, other[place]!));
}

function holds(
  { column, operator, value }: Condition,
  row: readonly Cell[],
  table: CsvTable,
): boolean {
  const place = placeOf(column, table);
  const cell = row[place]!;
  if (operator === 'is_empty') return cell === null;
  if (value === undefined) throw new ToolError(`The operator ${operator} needs a value.`);
  if (operator === 'contains') {
    return String(cell ?? '')
      .toLowerCase()
      .includes(String(value).toLowerCase());
  }
  const wanted = wantedOf(value, table.columns[place]!.type, column);
  if (operator === 'eq') return cell === wanted;
  if (operator === 'ne') return cell !== wanted;
  if (cell === null) return false;
  const order = compare(cell, wanted);
  switch (operator) {
    case 'lt':
      return order < 0;
    case 'lte':
      return order <= 0;
    case 'gt':
      return order > 0;
    case 'gte':
      return order >= 0;
  }
}

function wantedOf(value: string | number, type: 'number' | 'text', column: string): Cell {
  if (type === 'text') return String(value);
  const number = typeof value === 'number' ? value : Number(value.trim() || NaN);
  if (Number.isNaN(number)) {
    throw new ToolError(
      `${JSON.stringify(column)} has numbers, and ${JSON.stringify(value)} is none.`,
    );
  }
  return number;
}

/** Nothing before numbers before texts. */
function compare(one: Cell, other: Cell): number {
  if (one === other) return 0;
  if (one === null || other === null) return one === null ? -1 : 1;
  return one < other ? -1 : 1;
}

function placeOf(name: string, { columns }: CsvTable): number {
  const place = columns.findIndex((column) => column.name === name);
  if (place !== -1) return place;
  const names = columns.map((column) => column.name).join(', ');
  throw new ToolError(`There is no column ${JSON.stringify(name)}. There are: ${names}.`);
}
