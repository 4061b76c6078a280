import { ApiProperty } from '@nestjs/swagger';
import { PROBLEMS } from '../../http/problem.js';
import type { RunFailure } from '../../runs/run-event.js';

/** A run's failure, as callers read it. */
export class WireFailure {
  @ApiProperty({
    enum: Object.keys(PROBLEMS),
    description: 'The code of the problem.',
    example: 'provider_unavailable',
  })
  code: string;

  @ApiProperty({ description: 'What happened, in our own words.' })
  message: string;

  @ApiProperty({ description: 'Whether the same request may succeed later.' })
  retryable: boolean;
}

export function toWireFailure({ code, message, retryable }: RunFailure): WireFailure {
  return { code, message, retryable };
}
