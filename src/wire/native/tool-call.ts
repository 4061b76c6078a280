import { ApiProperty } from '@nestjs/swagger';
import { ANY_VALUE } from '../../http/api-nullable.js';
import type { ApprovalDecision, ToolCall, ToolCallProgress } from '../../runs/run-event.js';

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

/** How far a tool call is, with its fields in the order of the wire format. */
export function toWireProgress({ id, name, message, progress, total }: ToolCallProgress): object {
  return { id, name, message, progress, total };
}

/** A decision on a tool call, with its fields in the order of the wire format. */
export function toWireDecision(decided: ApprovalDecision): object {
  const { id, decision, reason, arguments: args, by } = decided;
  return { id, decision, reason, arguments: args, by };
}
