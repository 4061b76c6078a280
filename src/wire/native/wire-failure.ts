import { ApiProperty } from '@nestjs/swagger';
import type { RunFailure } from '../../runs/run-event.js';

/** A run's failure, as callers read it. */
export class WireFailure {
  @ApiProperty({ description: 'A problem code.', example: 'provider_unavailable' })
  code: string;

  @ApiProperty({ description: 'What happened, in our own words.' })
  message: string;

  @ApiProperty({ description: 'Whether the same request may succeed later.' })
  retryable: boolean;
}

export function toWireFailure({ code, message, retryable }: RunFailure): WireFailure {
  return { code, message, retryable };
}
