import { asksForIntroduction, isThanks } from '../answers/small-talk.js';
import type { ChatRequest, OfferedTool } from '../chat-request.js';
import type { Command, WantedCall } from '../commands/read-command.js';
import type { Conversation } from '../conversation.js';
import { schemaValue } from '../schema/schema-value.js';
import { callFor, tasksIn } from './tasks.js';

/** What there is to decide about. */
export interface Asked {
  request: Pick<ChatRequest, 'tools' | 'toolChoice' | 'parallelToolCalls'>;
  conversation: Conversation;
  command: Command | undefined;
  /** What is asked, without the command. */
  question: string;
}

/** The tools to ask for next; none where it is time to answer. */
export async function wantedCalls(asked: Asked): Promise<readonly WantedCall[]> {
  const { request, conversation, command } = asked;
  if (request.toolChoice === 'none' || conversation.partial !== '') return [];
  const wanted = await chosen(asked);
  // What has its result is not asked for again, but where that is what was asked for.
  const open = command?.name === 'loop' ? wanted : wanted.filter((call) => !isDone(call, asked));
  return request.parallelToolCalls ? open : open.slice(0, 1);
}

async function chosen(asked: Asked): Promise<readonly WantedCall[]> {
  const { request, conversation } = asked;
  const { toolChoice, tools } = request;
  const forced =
    typeof toolChoice === 'object' ? tools.filter((one) => one.name === toolChoice.name) : tools;
  const wanted = wantedOf(forced, asked);
  const isFree = toolChoice === 'auto' || conversation.results.length > 0;
  const [tool] = forced;
  if (wanted.length > 0 || isFree || tool === undefined) return wanted;
  return [{ name: tool.name, arguments: await anyArguments(tool) }];
}

function wantedOf(
  tools: readonly OfferedTool[],
  { command, question }: Asked,
): readonly WantedCall[] {
  switch (command?.name) {
    case 'call':
    case 'loop':
      return command.calls.filter(({ name }) => tools.some((tool) => tool.name === name));
    case 'help':
    case 'long':
    case 'unknown':
    case 'wrong':
      return [];
    default:
      return callsFor(question, tools);
  }
}

function callsFor(question: string, tools: readonly OfferedTool[]): WantedCall[] {
  const tasks = tasksIn(question);
  if (tasks.length > 0) return tasks.flatMap((task) => callFor(task, tools) ?? []);
  if (question.trim() === '' || asksForIntroduction(question) || isThanks(question)) return [];
  return [callFor({ purpose: 'search', query: question }, tools) ?? []].flat();
}

function isDone(call: WantedCall, { conversation }: Asked): boolean {
  const text = JSON.stringify(call.arguments);
  return conversation.results.some(
    ({ call: made }) => made.name === call.name && made.arguments === text,
  );
}

/** Something that fits, for a tool that must be called whatever was said. */
async function anyArguments({ parameters }: OfferedTool): Promise<WantedCall['arguments']> {
  const value = await schemaValue({ type: 'object', ...parameters });
  return value as WantedCall['arguments'];
}
