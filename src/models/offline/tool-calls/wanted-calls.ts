import { asksForIntroduction, isThanks } from '../answers/small-talk.js';
import type { ChatRequest, OfferedTool } from '../chat-request.js';
import type { WantedCall } from '../commands/read-command.js';
import type { Conversation } from '../conversation.js';
import { schemaValue } from '../schema/schema-value.js';
import { callFor, tasksIn } from './tasks.js';

type Request = Pick<ChatRequest, 'tools' | 'toolChoice' | 'parallelToolCalls'>;

/** The tools to ask for next; none where it is time to answer. */
export async function wantedCalls(
  request: Request,
  conversation: Conversation,
): Promise<readonly WantedCall[]> {
  if (request.toolChoice === 'none' || conversation.partial !== '') return [];
  const wanted = await chosen(request, conversation);
  // What has its result is not asked for again, but where that is what was asked for.
  const isLoop = conversation.command?.name === 'loop';
  const open = isLoop ? wanted : wanted.filter((call) => !isDone(call, conversation));
  return request.parallelToolCalls ? open : open.slice(0, 1);
}

async function chosen(
  { toolChoice, tools }: Request,
  conversation: Conversation,
): Promise<readonly WantedCall[]> {
  const allowed =
    typeof toolChoice === 'object' ? tools.filter(({ name }) => name === toolChoice.name) : tools;
  const wanted = wantedOf(allowed, conversation);
  const isFree = toolChoice === 'auto' || conversation.results.length > 0;
  const [tool] = allowed;
  if (wanted.length > 0 || isFree || tool === undefined) return wanted;
  return [{ name: tool.name, arguments: await anyArguments(tool) }];
}

function wantedOf(
  tools: readonly OfferedTool[],
  { command, question }: Conversation,
): readonly WantedCall[] {
  if (command?.name === 'call' || command?.name === 'loop') {
    return command.calls.filter(({ name }) => tools.some((tool) => tool.name === name));
  }
  const tasks = tasksIn(question);
  if (tasks.length > 0) return tasks.flatMap((task) => callFor(task, tools) ?? []);
  const isSmall = question.trim() === '' || asksForIntroduction(question) || isThanks(question);
  const search = isSmall ? undefined : callFor({ purpose: 'search', query: question }, tools);
  return search === undefined ? [] : [search];
}

function isDone(call: WantedCall, { results }: Conversation): boolean {
  const text = JSON.stringify(call.arguments);
  return results.some(({ call: made }) => made.name === call.name && made.arguments === text);
}

/** Something that fits, for a tool that must be called whatever was said. */
async function anyArguments({ parameters }: OfferedTool): Promise<WantedCall['arguments']> {
  const value = await schemaValue({ ...parameters, type: 'object' });
  return value as WantedCall['arguments'];
}
