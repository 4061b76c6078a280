import { SetMetadata, type Type } from '@nestjs/common';
import type { ToolContext } from '../tool.js';

export const TOOL_METADATA = 'agno-api:tool';

/** What `@Tool` says of a method. */
export interface ToolOptions {
  /** What a model calls it by: letters, digits, `_` and `-`. @default the method's name, in snake case */
  name?: string;
  /** What it is for, and what it answers with; the model reads it. */
  description: string;
  /**
   * The class of its arguments: class-validator checks them, and with `@ApiProperty` they become the JSON
   * schema that the model is told. @default it takes none
   */
  parameters?: Type<object>;
  /** See `ToolDefinition`. @default false */
  idempotent?: boolean;
  /** See `ToolDefinition`. @default false */
  needsApproval?: boolean;
  /** Longest time of a call, in milliseconds. @default `TOOL_TIMEOUT` */
  timeoutMs?: number;
}

/** What a method with `@Tool` is: what it returns is the result, a text as it is and the rest as JSON. */
export type ToolMethod = (args: never, context: ToolContext) => unknown;

/**
 * Makes a provider's method a tool that agents may name in `config/agents.yaml`. A `ToolError` that it
 * throws is told to the model; what else it throws is logged, and the model is told that it failed.
 */
export const Tool = (
  options: ToolOptions,
): (<Method extends ToolMethod>(
  target: object,
  name: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void) => SetMetadata(TOOL_METADATA, options);
