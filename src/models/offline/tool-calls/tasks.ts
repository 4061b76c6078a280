import type { OfferedTool } from '../chat-request.js';
import type { WantedCall } from '../commands/read-command.js';
import { calculationsIn } from './arithmetic.js';
import { asksForTheTime, timeZoneIn } from './clock.js';
import { argumentsFor, type Task } from './tool-arguments.js';
import { purposeOf } from './tool-purpose.js';

/** What a question wants that is a tool's to do: the assistant computes nothing of it by itself. */
export function tasksIn(question: string): Task[] {
  const calculations = calculationsIn(question).map((expression): Task => ({
    purpose: 'arithmetic',
    expression,
  }));
  if (!asksForTheTime(question)) return calculations;
  return [...calculations, { purpose: 'clock', place: timeZoneIn(question) }];
}

/** The call that does a task; undefined where no tool is offered that can. */
export function callFor(task: Task, tools: readonly OfferedTool[]): WantedCall | undefined {
  for (const tool of tools) {
    if (purposeOf(tool) !== task.purpose) continue;
    const filled = argumentsFor(task, tool.parameters);
    if (filled !== undefined) return { name: tool.name, arguments: filled };
  }
  return undefined;
}
