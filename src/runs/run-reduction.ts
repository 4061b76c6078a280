import { isTerminal, type RunEvent, type TerminalEvent, type ToolCall } from './run-event.js';

/** What a run's events add up to. */
export interface RunReduction {
  text: string;
  /** The tool calls that wait for somebody to decide on them. */
  approvals: readonly ToolCall[];
  /** Undefined while the run goes on. */
  terminal: TerminalEvent | undefined;
}

/** Adds up events: the JSON document is this reduction of what a stream shows one by one. */
export class RunReducer {
  readonly #text: string[] = [];
  readonly #approvals = new Map<string, ToolCall>();
  #terminal: TerminalEvent | undefined;

  add(event: RunEvent): this {
    switch (event.type) {
      case 'text':
        this.#text.push(event.text);
        break;
      case 'approval_required':
        for (const call of event.approvals) this.#approvals.set(call.id, call);
        break;
      case 'approval_decided':
        for (const { id } of event.decisions) this.#approvals.delete(id);
        break;
      case 'tool_result':
        this.#approvals.delete(event.toolResult.id);
        break;
      default:
        if (isTerminal(event)) this.#terminal = event;
        break;
    }
    return this;
  }

  get reduction(): RunReduction {
    const terminal = this.#terminal;
    const approvals = terminal === undefined ? [...this.#approvals.values()] : [];
    return { text: this.#text.join(''), approvals, terminal };
  }
}
