import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { PageQuery } from '../http/page-query.js';
import type { RunFilter } from '../runs/run-store.js';
import type { RunState } from '../runs/run.js';
import { RUN_STATES } from '../wire/native/run-document.js';

/** The query of `GET /api/v1/runs`. Of a field's decorators the lowest is checked first. */
export class RunsQuery extends PageQuery {
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
}

export function toRunFilter(query: RunsQuery): RunFilter {
  return {
    sessionId: query.session_id,
    state: query.state,
    idempotencyKey: query.idempotency_key,
  };
}
