/**
 * A place in a script where the provider waits for the test. It takes the place of a sleep: the
 * test awaits `reached`, looks at the service, then calls `open()`. It is a step: put it into the script.
 */
export class Gate {
  readonly kind = 'gate';
  /** Resolves when a script first comes to this gate: all steps before it have been sent. */
  readonly reached: Promise<void>;
  readonly #opened: Promise<void>;
  #reach!: () => void;
  #open!: () => void;

  constructor() {
    this.reached = new Promise((resolve) => (this.#reach = resolve));
    this.#opened = new Promise((resolve) => (this.#open = resolve));
  }

  /** Lets every script through, now and later. */
  open(): void {
    this.#open();
  }

  /** What the player of a script awaits. */
  async pass(): Promise<void> {
    this.#reach();
    await this.#opened;
  }
}
