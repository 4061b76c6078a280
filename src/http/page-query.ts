import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, Max, Min, ValidateBy, buildMessage } from 'class-validator';
import { idBefore } from './id-cursor.js';

const LONGEST_PAGE = 500;
const USUAL_PAGE = 50;

/** How the cursors of all lists look. */
export const CURSOR_PATTERN = '^[\\w-]{22}$';

/** Which part of a list a query asks for. Of a field's decorators the lowest is checked first. */
export class PageQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: LONGEST_PAGE,
    default: USUAL_PAGE,
    description: 'Most entries to answer with.',
  })
  @IsOptional()
  @Max(LONGEST_PAGE)
  @Min(1)
  @IsInt()
  @Transform(({ value }: { value: unknown }) => digitsAsNumber(value))
  limit?: number;

  @ApiPropertyOptional({
    pattern: CURSOR_PATTERN,
    description: 'The `next_cursor` of the page before.',
  })
  @IsOptional()
  @IsCursor()
  cursor?: string;
}

/** The same, as stores take it. */
export function toPage({ cursor, limit = USUAL_PAGE }: PageQuery): {
  before: string | undefined;
  limit: number;
} {
  return { before: cursor === undefined ? undefined : idBefore(cursor), limit };
}

/** What else JavaScript takes for a number (`0x10`, `1e2`, an empty text) is left to be refused. */
function digitsAsNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
}

function IsCursor(): PropertyDecorator {
  return ValidateBy({
    name: 'isCursor',
    validator: {
      validate: (value) => typeof value === 'string' && idBefore(value) !== undefined,
      defaultMessage: buildMessage((each) => `${each}$property must be a next_cursor of this list`),
    },
  });
}
