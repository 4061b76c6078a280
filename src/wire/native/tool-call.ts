import { ApiProperty } from '@nestjs/swagger';
import { ANY_VALUE } from '../../http/api-nullable.js';
import type { ToolCall } from '../../runs/run-event.js';

/** A tool call, as callers read it. */
export class WireToolCall {
  @ApiProperty()
  id: string;

  @ApiProperty({ description: 'The name of the tool.' })
  name: string;

  @ApiProperty({ description: 'What it is called with.', ...ANY_VALUE })
  arguments: unknown;
}

export function toWireToolCall({ id, name, arguments: args }: ToolCall): WireToolCall {
  return { id, name, arguments: args };
}
