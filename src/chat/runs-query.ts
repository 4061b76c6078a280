import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Max,
  Min,
  ValidateBy,
  buildMessage,
} from 'class-validator';
import type { RunFilter, RunPage } from '../runs/run-store.js';
import type { RunState } from '../runs/run.js';
import { RUN_STATES } from '../wire/native/run-document.js';
import { runBefore } from './run-cursor.js';

const LONGEST_PAGE = 500;
const USUAL_PAGE = 50;

/** The query of `GET /api/v1/runs`. Of a field's decorators the lowest is checked first. */
export class RunsQuery {
  @ApiPropertyOptional({ format: 'uuid', description: 'Only runs of this session.' })
  @IsOptional()
  @IsNotEmpty()
  @IsString()
  session_id?: string;

  @ApiPropertyOptional({ enum: RUN_STATES, description: 'Only runs in this state.' })
  @IsOptional()
  @IsIn(RUN_STATES)
  state?: RunState;

  @ApiPropertyOptional({
    minLength: 1,
    description: 'Only the run that this `Idempotency-Key` names.',
  })
  @IsOptional()
  @IsNotEmpty()
  @IsString()
  idempotency_key?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: LONGEST_PAGE,
    default: USUAL_PAGE,
    description: 'Most runs to answer with.',
  })
  @IsOptional()
  @Max(LONGEST_PAGE)
  @Min(1)
  @IsInt()
  @Transform(({ value }: { value: unknown }) => digitsAsNumber(value))
  limit?: number;

  @ApiPropertyOptional({
    pattern: '^[\\w-]{22}$',
    description: 'The `next_cursor` of the page before.',
  })
  @IsOptional()
  @IsCursor()
  cursor?: string;
}

export function toRunFilter(query: RunsQuery): RunFilter {
  return {
    sessionId: query.session_id,
    state: query.state,
    idempotencyKey: query.idempotency_key,
  };
}

export function toRunPage({ cursor, limit = USUAL_PAGE }: RunsQuery): RunPage {
  return { before: cursor === undefined ? undefined : runBefore(cursor), limit };
}

/** What else JavaScript takes for a number (`0x10`, `1e2`, an empty text) is left to be refused. */
function digitsAsNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
}

function IsCursor(): PropertyDecorator {
  return ValidateBy({
    name: 'isCursor',
    validator: {
      validate: (value) => typeof value === 'string' && runBefore(value) !== undefined,
      defaultMessage: buildMessage((each) => `${each}$property must be a next_cursor of this list`),
    },
  });
}
