import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ANY_VALUE, ApiNullable } from '../../http/api-nullable.js';
import type { RunReduction } from '../../runs/run-reduction.js';
import type { Run } from '../../runs/run.js';
import { FINISH_REASONS } from './answer.js';
import { toWireToolCall, WireToolCall } from './tool-call.js';
import { toWireUsage, WireUsage } from './usage.js';
import { toWireFailure, WireFailure } from './wire-failure.js';

export const RUN_STATES = [
  'queued',
  'running',
  'waiting',
  'completed',
  'failed',
  'cancelled',
] as const satisfies readonly Run['state'][];

/** A run as `GET /api/v1/runs/{id}` shows it. */
export class RunDocument {
  @ApiProperty({ format: 'uuid' })
  run_id: string;

  @ApiNullable({ type: 'string', format: 'uuid' }, 'Null for a run without a session.')
  session_id: string | null;

  @ApiProperty({ enum: RUN_STATES })
  state: Run['state'];

  @ApiProperty({ description: 'The name that was asked for.' })
  model: string;

  @ApiProperty({ description: 'The id of the agent.' })
  agent: string;

  @ApiProperty({ description: 'The text so far.' })
  text: string;

  @ApiNullable({ $ref: '#/components/schemas/WireUsage' }, 'Null while the run goes on.')
  usage: WireUsage | null;

  @ApiNullable({ type: 'string', enum: [...FINISH_REASONS] }, 'Null while the run goes on.')
  finish_reason: string | null;

  @ApiNullable(
    { $ref: '#/components/schemas/WireFailure' },
    'What the run failed with; otherwise null.',
  )
  error: WireFailure | null;

  @ApiPropertyOptional({
    description: 'The answer as a value, where `response_format` asked for one.',
    ...ANY_VALUE,
  })
  output?: unknown;

  @ApiPropertyOptional({
    type: 'boolean',
    enum: [true],
    description: 'The text did not fit; `output` is what the model has made of it.',
  })
  repaired?: true;

  @ApiPropertyOptional({
    type: [WireToolCall],
    description: 'The tool calls that wait for a decision, in the state `waiting`.',
  })
  approvals?: readonly WireToolCall[];

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  metadata: Readonly<Record<string, string>>;

  @ApiProperty({ format: 'date-time', description: 'RFC 3339, UTC, milliseconds.' })
  created_at: string;

  @ApiNullable({ type: 'string', format: 'date-time' }, 'Null while the run goes on.')
  finished_at: string | null;
}

export function toRunDocument(run: Run, { text, terminal, approvals }: RunReduction): RunDocument {
  // The log's word goes before the store's: its terminal event is what readers have seen.
  const settlement = terminal ?? run.settlement;
  return {
    run_id: run.id,
    session_id: run.sessionId,
    state: terminal?.type ?? run.state,
    model: run.model,
    agent: run.agent,
    text,
    usage: settlement === undefined ? null : toWireUsage(settlement.usage),
    finish_reason: settlement?.finishReason ?? null,
    error: settlement?.error === undefined ? null : toWireFailure(settlement.error),
    ...(settlement !== undefined && 'output' in settlement && { output: settlement.output }),
    ...(settlement?.repaired && { repaired: true }),
    ...(approvals.length > 0 && { approvals: approvals.map(toWireToolCall) }),
    metadata: run.metadata,
    created_at: new Date(run.createdAt).toISOString(),
    finished_at: run.finishedAt === null ? null : new Date(run.finishedAt).toISOString(),
  };
}
