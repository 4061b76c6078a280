import { Injectable } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Max,
  Min,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { Tool } from '../../decorated/tool.decorator.js';
import { ToolError } from '../../tool-error.js';
import type { ToolContext } from '../../tool.js';
import type { Cell, Column } from './csv-table.js';
import { AGGREGATES, ask, OPERATORS } from './query.js';
import { TableFolder } from './table-folder.js';

const USUAL_ROWS = 100;
const MOST_ROWS = 1_000;
const SAMPLE = 3;

function IsTextOrNumber(): PropertyDecorator {
  return ValidateBy({
    name: 'isTextOrNumber',
    validator: {
      validate: (value) => typeof value === 'string' || typeof value === 'number',
      defaultMessage: () => '$property must be a string or a number',
    },
  });
}

class ConditionArguments {
  @ApiProperty()
  @IsString()
  column: string;

  @ApiProperty({ enum: OPERATORS })
  @IsIn(OPERATORS)
  operator: (typeof OPERATORS)[number];

  @ApiPropertyOptional({
    oneOf: [{ type: 'string' }, { type: 'number' }],
    description: 'What to compare with; dates as they stand in the table. Not with is_empty.',
  })
  @IsOptional()
  @IsTextOrNumber()
  value?: string | number;
}

class AggregateArguments {
  @ApiProperty({ enum: AGGREGATES })
  @IsIn(AGGREGATES)
  function: (typeof AGGREGATES)[number];

  @ApiPropertyOptional({ description: 'May be left out for count.' })
  @IsOptional()
  @IsString()
  column?: string;
}

class QueryArguments {
  @ApiProperty({ description: 'A table as list_tables names it.' })
  @IsNotEmpty()
  @IsString()
  table: string;

  @ApiPropertyOptional({ type: [String], description: 'Which columns to show. All where absent.' })
  @IsOptional()
  @IsString({ each: true })
  @ArrayNotEmpty()
  @IsArray()
  columns?: string[];

  @ApiPropertyOptional({ type: [ConditionArguments], description: 'All of them have to hold.' })
  @IsOptional()
  @ValidateNested({ each: true })
  @ArrayMaxSize(20)
  @IsObject({ each: true })
  @IsArray()
  @Type(() => ConditionArguments)
  where?: ConditionArguments[];

  @ApiPropertyOptional({ type: [String], description: 'Columns whose equal rows become one.' })
  @IsOptional()
  @IsString({ each: true })
  @IsArray()
  group_by?: string[];

  @ApiPropertyOptional({
    type: [AggregateArguments],
    description: 'What to make of each group. Their columns are named count, sum_price, …',
  })
  @IsOptional()
  @ValidateNested({ each: true })
  @ArrayMaxSize(20)
  @IsObject({ each: true })
  @IsArray()
  @Type(() => AggregateArguments)
  aggregates?: AggregateArguments[];

  @ApiPropertyOptional({ description: 'A column of the result.' })
  @IsOptional()
  @IsString()
  order_by?: string;

  @ApiPropertyOptional({ default: false })
  @IsOptional()
  @IsBoolean()
  descending?: boolean;

  @ApiPropertyOptional({ default: USUAL_ROWS, description: 'Most rows to answer with.' })
  @IsOptional()
  @Max(MOST_ROWS)
  @Min(1)
  @IsInt()
  limit?: number;
}

/** A table as a model is told of it, or why it cannot be read. */
type DescribedTable = { table: string } & (TableSummary | { error: string });

interface TableSummary {
  rows: number;
  columns: readonly Column[];
  sample: readonly (readonly Cell[])[];
}

/** Tools that ask the CSV files in the folder that an agent names under `tables`. */
@Injectable()
export class Tables {
  /** By their paths: agents may share one. */
  readonly #folders = new Map<string, TableFolder>();

  @Tool({
    description: 'Lists the tables, with their columns and the first rows.',
    idempotent: true,
  })
  async listTables(_: object, context: ToolContext): Promise<readonly DescribedTable[]> {
    const folder = this.#folderOf(context);
    const described: DescribedTable[] = [];
    for (const table of await folder.names()) {
      described.push({ table, ...(await summaryOf(folder, table)) });
    }
    return described;
  }

  @Tool({
    description:
      'Asks a table: which rows, which columns, grouped and added up. Answers with CSV. Use it for all sums and averages.',
    parameters: QueryArguments,
    idempotent: true,
  })
  async queryTable(query: QueryArguments, context: ToolContext): Promise<string> {
    const table = await this.#folderOf(context).table(query.table);
    const { group_by: groupBy, order_by: orderBy, limit = USUAL_ROWS } = query;
    const { columns, rows, total } = ask(table, { ...query, groupBy, orderBy, limit });
    const lines = [columns, ...rows].map((row) => row.map(csvCell).join(','));
    if (rows.length < total) lines.push(`(${rows.length} of ${total} rows)`);
    return lines.join('\n');
  }

  #folderOf({ agent }: ToolContext): TableFolder {
    const { tables } = agent;
    if (tables === undefined) throw new ToolError('This agent has no folder of tables.');
    const known = this.#folders.get(tables);
    if (known !== undefined) return known;
    const folder = new TableFolder(tables);
    this.#folders.set(tables, folder);
    return folder;
  }
}

/** RFC 4180. */
function csvCell(cell: Cell): string {
  const text = String(cell ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One table that cannot be read is no reason to know nothing of the others. */
async function summaryOf(
  folder: TableFolder,
  table: string,
): Promise<TableSummary | { error: string }> {
  try {
    const { columns, rows } = await folder.table(table);
    return { rows: rows.length, columns, sample: rows.slice(0, SAMPLE) };
  } catch (error) {
    if (error instanceof ToolError) return { error: error.message };
    throw error;
  }
}
