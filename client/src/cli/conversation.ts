import { ProblemError, RunFailedError, type ChatRequest } from '../index.js';
import type { Answering } from './answering.js';
import { faultOf } from './faults.js';
import type { Options } from './options.js';
import { OWN_NAME } from './own-name.js';
import type { Terminal } from './terminal.js';

export const CONVERSATION_HELP = `/new            begin a new session
/model <name>   ask another model
/agent <id>     ask another agent
/help           print this
/quit           leave; so do Ctrl-D and Ctrl-C
//…             sends a message that begins with a slash
Several lines that are pasted at once are one message.`;

/** Talks on a terminal until there is nothing more to say. */
export class Conversation {
  #sessionId: string | undefined;

  constructor(
    private readonly terminal: Terminal,
    private readonly answering: Answering,
    private readonly options: Options,
    private readonly requestOf: (message: string) => ChatRequest,
  ) {
    this.#sessionId = options.session;
  }

  async talk(): Promise<void> {
    const { terminal } = this;
    terminal.tell('Say something; /help tells what else there is');
    for (;;) {
      const line = await terminal.ask(terminal.statusStyle('green', '> '));
      if (line === undefined || line.trim() === '/quit') break;
      if (line.trim() !== '') await this.#take(line);
    }
    if (this.#sessionId !== undefined) {
      terminal.tell(`Go on with:  ${OWN_NAME} --session ${this.#sessionId}`);
    }
  }

  async #take(line: string): Promise<void> {
    const [, command, value] = /^\/(new|model|agent|help)(?:\s+(\S+))?\s*$/.exec(line) ?? [];
    switch (command) {
      case 'new':
        this.#sessionId = undefined;
        return this.terminal.tell('A new session');
      case 'help':
        return this.terminal.tell(CONVERSATION_HELP);
      case 'model':
      case 'agent':
        this.options[command] = value;
        return this.terminal.tell(`The ${command} is ${value ?? 'the default'} now`);
      default:
        return this.#say(line.startsWith('//') ? line.slice(1) : line);
    }
  }

  async #say(message: string): Promise<void> {
    const session = this.#sessionId;
    const request = { ...this.requestOf(message), ...(session && { session_id: session }) };
    try {
      const { sessionId } = await this.answering.ask(request);
      this.#sessionId = sessionId ?? undefined;
    } catch (error) {
      this.#sessionId = sessionOf(error) ?? session;
      for (const told of faultOf(error).lines) this.terminal.tell(told);
    }
  }
}

/** The session of an answer that failed: what was said in it is not forgotten. */
function sessionOf(error: unknown): string | undefined {
  if (error instanceof RunFailedError) return error.chunk.session_id ?? undefined;
  return error instanceof ProblemError ? (error.problem.session_id ?? undefined) : undefined;
}
