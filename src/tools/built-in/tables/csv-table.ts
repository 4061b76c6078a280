import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

export type Cell = string | number | null;

/** A column: of numbers where each cell of it that is not empty is one. */
export interface Column {
  name: string;
  type: 'number' | 'text';
}

/** A table as it was read. */
export interface CsvTable {
  columns: readonly Column[];
  rows: readonly (readonly Cell[])[];
}

const NUMBER = /^-?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const INTEGER = /^-?\d+$/;

/** How much of a file is looked at for what parts its cells, in bytes. */
const BEGINNING = 64 * 1024;

/** Reads a file with a row of headings, parted by commas, semicolons or tabs. @throws Error */
export async function readCsv(path: string): Promise<CsvTable> {
  // No start has to wait for the parser.
  const { parse } = await import('csv-parse');
  const parser = parse({
    bom: true,
    delimiter: await delimiterOf(path),
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    trim: true,
  });
  const rows: string[][] = [];
  await pipeline(createReadStream(path), parser, async (read) => {
    for await (const row of read) rows.push(row as string[]);
  });
  const [head = [], ...texts] = rows;
  const names = columnNames(head);
  const columns = names.map((name, index): Column => {
    const isNumeric = texts.some((row) => (row[index] ?? '') !== '');
    const isNumber =
      isNumeric && texts.every((row) => (row[index] ?? '') === '' || isNumeral(row[index]!));
    return { name, type: isNumber ? 'number' : 'text' };
  });
  return {
    columns,
    rows: texts.map((row) => columns.map((column, index) => cellOf(row[index], column))),
  };
}

/** Codes of digits are no numbers: those that begin with 0 or +, and those that are too long to be kept exactly. */
function isNumeral(text: string): boolean {
  return NUMBER.test(text) && (!INTEGER.test(text) || Number.isSafeInteger(Number(text)));
}

function cellOf(text: string | undefined, { type }: Column): Cell {
  if (text === undefined || text === '') return null;
  return type === 'number' ? Number(text) : text;
}

/** Each heading once: nameless and equal ones are numbered. */
function columnNames(head: readonly string[]): string[] {
  const taken = new Set<string>();
  return head.map((given, index) => {
    const name = given === '' ? `column_${index + 1}` : given;
    let unique = name;
    for (let count = 2; taken.has(unique); count += 1) unique = `${name}_${count}`;
    taken.add(unique);
    return unique;
  });
}

/** What parts the headings most often, outside of quotes. */
async function delimiterOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(BEGINNING), 0, BEGINNING, 0);
    const [line = ''] = buffer.toString('utf8', 0, bytesRead).split(/\r?\n/, 1);
    const bare = line.replace(/"[^"]*"/g, '');
    const counted = [',', ';', '\t'].map((sign) => ({ sign, count: bare.split(sign).length }));
    return counted.reduce((most, one) => (one.count > most.count ? one : most)).sign;
  } finally {
    await file.close();
  }
}
