import type { RunEventBody, ToolCall } from '../../runs/run-event.js';
import type { OpenToolCall } from '../../runs/run-progress.js';

/** What is said of a call whose arguments were cut. */
export function givenUp(call: OpenToolCall): RunEventBody {
  return refused(call, 'This call was given up: it was interrupted before it had come to an end.');
}

/** What is said of a call that was cut while its tool was at work. */
export function interrupted(call: OpenToolCall): RunEventBody {
  return refused(call, 'This call was interrupted; it may or may not have run.');
}

/** What is said of a call that was never made. */
export function refused({ id, name }: OpenToolCall, why: string): RunEventBody {
  return { type: 'tool_result', toolResult: { id, name, content: why, isError: true } };
}

/** The arguments of a call as its model is told them again: JSON text of an object. */
export function argumentsText({ arguments: args }: ToolCall): string {
  const isObject = typeof args === 'object' && args !== null && !Array.isArray(args);
  // What was no object was refused, which the call's result says. Providers refuse it as well.
  return isObject ? JSON.stringify(args) : '{}';
}
