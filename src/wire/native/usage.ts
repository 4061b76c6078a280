import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ApiNullable } from '../../http/api-nullable.js';
import type { RunTimings, Settlement } from '../../runs/run-event.js';

/** Tokens, as callers read them. */
export class WireUsage {
  @ApiProperty({ type: 'integer', minimum: 0, description: 'Tokens that the model was given.' })
  input_tokens: number;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Tokens that the model produced.' })
  output_tokens: number;

  @ApiProperty({ type: 'integer', minimum: 0 })
  total_tokens: number;

  @ApiPropertyOptional({
    type: 'boolean',
    enum: [true],
    description: 'The provider told no usage: the tokens were counted by us.',
  })
  estimated?: true;
}

export function toWireUsage(usage: Settlement['usage']): WireUsage {
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
    ...(usage.estimated && { estimated: true }),
  };
}

/** How long a run took, as callers read it. */
export class WireTimings {
  @ApiNullable(
    { type: 'integer', minimum: 0 },
    'Milliseconds until the first piece of text; null where none came.',
  )
  first_token_ms: number | null;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Milliseconds in all.' })
  total_ms: number;
}

export function toWireTimings({ firstTokenMs, totalMs }: RunTimings): WireTimings {
  return { first_token_ms: firstTokenMs, total_ms: totalMs };
}
