import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsIn,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import type { RequestFault } from '../http/problem.js';
import { InvalidRequestError } from '../http/validation.js';
import type { ApprovalDecision } from '../runs/run-event.js';

/** As many as a model may ask for in one turn. */
const MOST_DECISIONS = 1_000;

const DECISIONS = ['approve', 'reject'] as const;

/** What a caller decides on one tool call. */
export class Decision {
  @ApiProperty({ minLength: 1, description: 'The id of the tool call.', example: 'call_1' })
  @IsNotEmpty()
  @IsString()
  id: string;

  @ApiProperty({ enum: DECISIONS, description: 'Whether it is to be made.' })
  @IsIn(DECISIONS)
  decision: (typeof DECISIONS)[number];

  @ApiPropertyOptional({
    minLength: 1,
    maxLength: 4096,
    description: 'With `reject`: why. The model is told.',
    example: 'Ask me first whom to write to.',
  })
  @IsOptional()
  @MaxLength(4096)
  @IsNotEmpty()
  @IsString()
  reason?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'With `approve`: what to call the tool with instead. The model is told.',
  })
  @IsOptional()
  @IsObject()
  arguments?: Record<string, unknown>;
}

/** The body of `POST /api/v1/runs/{id}/approvals`. */
export class ApprovalsRequest {
  @ApiProperty({
    type: [Decision],
    minItems: 1,
    maxItems: MOST_DECISIONS,
    description: 'A decision for each of the calls, or for some of them.',
  })
  @ValidateNested({ each: true })
  @ArrayMaxSize(MOST_DECISIONS)
  @ArrayNotEmpty()
  @IsObject({ each: true })
  @IsArray()
  @Type(() => Decision)
  approvals: Decision[];
}

/** The decisions of a validated body. @throws InvalidRequestError */
export function toDecisions({ approvals }: ApprovalsRequest): ApprovalDecision[] {
  const faults = [...faultsOf(approvals)];
  if (faults.length > 0) throw new InvalidRequestError(faults);
  return approvals.map(({ id, decision, reason, arguments: args }) => ({
    id,
    decision,
    ...(reason !== undefined && { reason }),
    ...(args !== undefined && { arguments: args }),
    by: 'caller',
  }));
}

/** What no field says alone. */
function* faultsOf(approvals: readonly Decision[]): Generator<RequestFault> {
  const ids = new Set<string>();
  for (const [index, { id, decision, reason, arguments: args }] of approvals.entries()) {
    const pointer = `#/approvals/${index}`;
    if (ids.has(id)) yield { pointer, detail: 'A call is decided on once.' };
    ids.add(id);
    if (decision === 'approve' && reason !== undefined) {
      yield { pointer: `${pointer}/reason`, detail: 'reason goes with "reject" only.' };
    }
    if (decision === 'reject' && args !== undefined) {
      yield { pointer: `${pointer}/arguments`, detail: 'arguments goes with "approve" only.' };
    }
  }
}
