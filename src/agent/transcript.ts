import type { ModelMessage } from '../models/model-stream.js';
import type { ToolCall, ToolResult } from '../runs/run-event.js';
import { argumentsText } from './tool-calls/results.js';

/** What a turn has come to. */
export interface SaidTurn {
  text: string;
  reasoning: string;
  calls: readonly ToolCall[];
  /** By the calls' ids. */
  results: ReadonlyMap<string, ToolResult>;
}

/** A message that a tool has answered with, and whether it is a failure. */
export type SaidMessage = ModelMessage & { toolName?: string; isError?: boolean };

/**
 * The messages that a turn adds to its conversation. A call without a result is left out: no provider
 * takes one.
 */
export function messagesOf({ text, reasoning, calls, results }: SaidTurn): SaidMessage[] {
  const answered = calls.filter(({ id }) => results.has(id));
  if (answered.length === 0) return text === '' ? [] : [{ role: 'assistant', content: text }];
  const toolCalls = answered.map((call) => ({
    id: call.id,
    name: call.name,
    arguments: argumentsText(call),
    ...(call.extra !== undefined && { extra: call.extra }),
  }));
  const said = answered.map(({ id }): SaidMessage => {
    const { name, content, isError } = results.get(id)!;
    return { role: 'tool', content, toolCallId: id, toolName: name, isError };
  });
  const thought = reasoning === '' ? {} : { reasoning };
  return [{ role: 'assistant', content: text, toolCalls, ...thought }, ...said];
}
