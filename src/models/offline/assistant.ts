import type { DocumentLibrary } from '../../documents/document-library.js';
import { DEMONSTRATIONS, countTo } from './answers/demonstrations.js';
import { documentAnswer } from './answers/document-answer.js';
import { introduction, noAnswer, noTool } from './answers/introduction.js';
import { asksForIntroduction, isAboutTheUser, isThanks } from './answers/small-talk.js';
import { toldResults } from './answers/tool-results.js';
import type { ChatRequest } from './chat-request.js';
import { commandList, COMMANDS } from './commands/commands.js';
import type { Command, WantedCall } from './commands/read-command.js';
import { restOf, truthfulRest } from './continuation.js';
import { Conversation } from './conversation.js';
import { InvalidRequest } from './error-response.js';
import { schemaValue } from './schema/schema-value.js';
import { tasksIn } from './tool-calls/tasks.js';
import { wantedCalls } from './tool-calls/wanted-calls.js';
import { beforeStop, wordsOf } from './words.js';

/** How an answer fails, where it was told to. */
export interface Failure {
  how: 'drop' | 'stall';
  /** After so many words of what is still to be said. */
  afterWords: number;
}

/** What the assistant does about a request. */
export type Reply =
  | {
      type: 'text';
      text: string;
      /** Before each word, in milliseconds; undefined: the usual pace. */
      pauseMs: number | undefined;
      failure: Failure | undefined;
    }
  | { type: 'tool_calls'; calls: readonly WantedCall[]; firstId: number }
  | { type: 'error'; status: number };

/** The built-in assistant: rules, and what the documents say. The same request gets the same reply. */
export class Assistant {
  constructor(private readonly documents: DocumentLibrary) {}

  /** @throws InvalidRequest where nothing fits what `response_format` asks for */
  async reply(request: ChatRequest): Promise<Reply> {
    const conversation = new Conversation(request.messages);
    const { command, partial, toolCalls } = conversation;
    if (command?.name === 'error') return { type: 'error', status: command.status };
    const calls = await wantedCalls(request, conversation);
    if (calls.length > 0) return { type: 'tool_calls', calls, firstId: toolCalls + 1 };
    const whole = beforeStop(await this.#answer(request, conversation), request.stop);
    return {
      type: 'text',
      text: request.value === undefined ? truthfulRest(whole, partial) : valueRest(whole, partial),
      pauseMs: command?.name === 'slow' ? command.pauseMs : undefined,
      failure: failureOf(command, wordsOf(partial).length),
    };
  }

  async #answer(request: ChatRequest, conversation: Conversation): Promise<string> {
    const text = await this.#text(request, conversation);
    if (request.value === undefined) return text;
    if (request.value === 'object') return JSON.stringify({ answer: text });
    return JSON.stringify(await schemaValue(request.value.schema, text));
  }

  async #text(request: ChatRequest, conversation: Conversation): Promise<string> {
    const { command, question, results } = conversation;
    if (results.length > 0) return toldResults(results);
    if (command !== undefined && question === '') return commanded(command, request);
    if (question.trim() === '' || asksForIntroduction(question)) return introduction();
    if (isThanks(question)) return 'You are welcome. `/help` lists what else you can try with me.';
    const [task] = tasksIn(question);
    if (task !== undefined) return noTool(task);
    if (isAboutTheUser(question)) return noAnswer(question, []);
    return documentAnswer(conversation, this.documents);
  }
}

/** What is said to a command that comes without a question. */
function commanded(command: Command, { tools }: ChatRequest): string {
  switch (command.name) {
    case 'slow':
    case 'drop':
    case 'stall':
      return DEMONSTRATIONS[command.name].join('\n\n');
    case 'long':
      return countTo(command.words);
    case 'call':
    case 'loop': {
      const names = (list: readonly { name: string }[]) =>
        list.map(({ name }) => `\`${name}\``).join(', ') || 'none';
      return (
        `I cannot ask for ${names(command.calls)}: ` +
        `the tools that are offered to me here are: ${names(tools)}.`
      );
    }
    case 'unknown':
      return `There is no command \`/${command.asked}\`. These are:\n\n${commandList()}`;
    case 'wrong':
      return `\`${COMMANDS[command.command].usage}\`: ${command.because}.`;
    default:
      return `You can tell me to misbehave:\n\n${commandList()}`;
  }
}

/** The next of the failures that a command asks for: those that were survived do not come again. */
function failureOf(command: Command | undefined, said: number): Failure | undefined {
  if (command?.name !== 'drop' && command?.name !== 'stall') return undefined;
  const next = Math.min(...command.afterWords.filter((words) => words > said));
  return Number.isFinite(next) ? { how: command.name, afterWords: next - said } : undefined;
}

/** A value can only be gone on with by its own rest: what else came would be no JSON. */
function valueRest(whole: string, partial: string): string {
  const rest = restOf(whole, partial);
  if (rest !== undefined) return rest;
  throw new InvalidRequest('The offline assistant can only go on with a value of its own.', {
    param: 'messages',
  });
}
