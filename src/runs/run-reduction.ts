import { isTerminal, type RunEvent, type TerminalEvent } from './run-event.js';

/** What a run's events add up to. */
export interface RunReduction {
  text: string;
  /** Undefined while the run goes on. */
  terminal: TerminalEvent | undefined;
}

/** Adds up events: the JSON document is this reduction of what a stream shows one by one. */
export class RunReducer {
  readonly #text: string[] = [];
  #terminal: TerminalEvent | undefined;

  add(event: RunEvent): this {
    if (event.type === 'text') this.#text.push(event.text);
    else if (isTerminal(event)) this.#terminal = event;
    return this;
  }

  get reduction(): RunReduction {
    return { text: this.#text.join(''), terminal: this.#terminal };
  }
}
