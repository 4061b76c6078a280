import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Run } from '../runs/run.js';
import { WireToolCall } from '../wire/native/tool-call.js';
import { RUN_STATES } from '../wire/native/run-document.js';

/** The answer to a request whose run goes on by itself. */
export class RunAccepted {
  @ApiProperty({ format: 'uuid' })
  run_id: string;

  @ApiProperty({ enum: RUN_STATES })
  state: Run['state'];

  @ApiPropertyOptional({
    type: [WireToolCall],
    description: 'The tool calls that wait for a decision, in the state `waiting`.',
  })
  approvals?: readonly WireToolCall[];
}

/** Says which run a response belongs to. */
export function announce(run: Run, response: Response): void {
  response.setHeader('X-Run-Id', run.id);
  if (run.sessionId !== null) response.setHeader('X-Session-Id', run.sessionId);
}

/** Answers 202: where the run can be found, and how it stands. */
export function accept(run: Pick<Run, 'id' | 'state'>, response: Response): RunAccepted {
  response.status(202).setHeader('Location', `/api/v1/runs/${run.id}`);
  return { run_id: run.id, state: run.state };
}
