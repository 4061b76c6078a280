import type { RunEventBody } from '../../runs/run-event.js';

/** Appends what happens in several places at once: one batch after the other, as a log takes it. */
export class EventOutbox {
  #events: RunEventBody[] = [];
  #appending: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(private readonly append: (events: readonly RunEventBody[]) => Promise<void>) {}

  /** Resolves when the events are logged. */
  push(...events: readonly RunEventBody[]): Promise<void> {
    this.#events.push(...events);
    this.#next ??= this.#flush();
    return this.#next;
  }

  /** Tells what nobody has to wait for. What cannot be logged is noticed by whoever waits. */
  tell(event: RunEventBody): void {
    this.push(event).catch(() => undefined);
  }

  async #flush(): Promise<void> {
    await this.#appending.catch(() => undefined);
    const events = this.#events;
    this.#events = [];
    this.#next = undefined;
    this.#appending = this.append(events);
    await this.#appending;
  }
}
