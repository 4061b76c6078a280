import { EXIT } from './exit-codes.js';
import type { Terminal } from './terminal.js';

/** Ctrl-C: the first one cancels the answer, a second one quits. */
export class Interruption {
  #cancel: (() => Promise<unknown>) | undefined;
  #wasAsked = false;

  constructor(private readonly terminal: Terminal) {
    process.on('SIGINT', this.#interrupt);
  }

  /** Whether the answer was cancelled by whoever asked for it. */
  get wasAsked(): boolean {
    return this.#wasAsked;
  }

  /** What an interruption cancels from now on; undefined: nothing, and it quits. */
  set cancels(cancel: (() => Promise<unknown>) | undefined) {
    this.#cancel = cancel;
    this.#wasAsked = false;
  }

  readonly #interrupt = (): void => {
    if (this.#cancel === undefined || this.#wasAsked) process.exit(EXIT.interrupted);
    this.#wasAsked = true;
    this.terminal.tell('\nCancelling; Ctrl-C again quits');
    // The answer ends by itself, or tells what is wrong.
    this.#cancel().catch(() => undefined);
  };
}
