import type { DocumentLibrary } from '../../documents/document-library.js';
import { DEMONSTRATIONS, countTo } from './answers/demonstrations.js';
import { documentAnswer } from './answers/document-answer.js';
import { introduction, noAnswer, noTool } from './answers/introduction.js';
import { asksForIntroduction, isAboutTheUser, isThanks } from './answers/small-talk.js';
import { toldResults } from './answers/tool-results.js';
import type { ChatRequest } from './chat-request.js';
import { commandList, COMMANDS } from './commands/commands.js';
import { readCommand, type Command, type WantedCall } from './commands/read-command.js';
import { restOf, truthfulRest } from './continuation.js';
import { Conversation } from './conversation.js';
import { InvalidRequest } from './error-response.js';
import { schemaValue } from './schema/schema-value.js';
import { tasksIn } from './tool-calls/tasks.js';
import { wantedCalls, type Asked } from './tool-calls/wanted-calls.js';
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
    const { partial, toolCalls } = conversation;
    const command = readCommand(conversation.question);
    if (command?.name === 'error') return { type: 'error', status: command.status };
    const asked = { request, conversation, command, question: questionOf(command, conversation) };
    const calls = await wantedCalls(asked);
    if (calls.length > 0) return { type: 'tool_calls', calls, firstId: toolCalls + 1 };
    const whole = beforeStop(await this.#answer(request, asked), request.stop);
    return {
      type: 'text',
      text: request.value === undefined ? truthfulRest(whole, partial) : valueRest(whole, partial),
      pauseMs: command?.name === 'slow' ? command.pauseMs : undefined,
      failure: failureOf(command, wordsOf(partial).length),
    };
  }

  async #answer({ value }: ChatRequest, asked: Asked): Promise<string> {
    if (value === undefined) return this.#text(asked);
    if (value === 'object') return JSON.stringify({ answer: await this.#text(asked) });
    return JSON.stringify(await schemaValue(value.schema, await this.#text(asked)));
  }

  async #text(asked: Asked): Promise<string> {
    const { conversation, command, question } = asked;
    if (command !== undefined && question === '') return this.#commanded(command, asked);
    if (conversation.results.length > 0) return toldResults(conversation.results);
    if (question.trim() === '' || asksForIntroduction(question)) return introduction();
    if (isThanks(question)) return 'You are welcome. `/help` lists what else you can try with me.';
    const [task] = tasksIn(question);
    if (task !== undefined) return noTool(task);
    if (isAboutTheUser(question)) return noAnswer(question, []);
    return documentAnswer({ ...conversation, question }, this.documents);
  }

  #commanded(command: Command, { conversation, request }: Asked): string {
    switch (command.name) {
      case 'slow':
      case 'drop':
      case 'stall':
        return DEMONSTRATIONS[command.name].join('\n\n');
      case 'long':
        return countTo(command.words);
      case 'call':
      case 'loop': {
        if (conversation.results.length > 0) return toldResults(conversation.results);
        const offered = request.tools.map(({ name }) => `\`${name}\``).join(', ') || 'none';
        const names = command.calls.map(({ name }) => `\`${name}\``).join(', ');
        return `I cannot ask for ${names}: the tools that are offered to me here are: ${offered}.`;
      }
      case 'unknown':
        return `There is no command \`/${command.asked}\`. These are:\n\n${commandList()}`;
      case 'wrong':
        return `\`${COMMANDS[command.command].usage}\`: ${command.because}.`;
      default:
        return `You can tell me to misbehave:\n\n${commandList()}`;
    }
  }
}

/** What is asked, without the command that says how to answer it. */
function questionOf(command: Command | undefined, { question }: Conversation): string {
  if (command === undefined) return question;
  return 'question' in command ? command.question : '';
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
