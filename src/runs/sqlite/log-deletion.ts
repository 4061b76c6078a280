import type { RunLogStatements } from './run-log-statements.js';
import type { WriteQueue } from './write-queue.js';

/** How long one slice may take, in milliseconds: while it runs, nothing else does. */
const SLICE = 5;

/** Events of the first slice; what one takes is only known by doing it. */
const FIRST_SLICE = 100;

/** Deletes the logs that are marked as dropped, a slice of their events at a time. */
export class LogDeletion {
  #slice = FIRST_SLICE;
  #deleting: Promise<void> = Promise.resolve();

  constructor(
    private readonly statements: RunLogStatements,
    private readonly queue: WriteQueue,
  ) {}

  /** Deletes all that is marked, also what a process before this one had left. */
  deleteDropped(): Promise<void> {
    this.#deleting = this.#deleting.catch(() => undefined).then(() => this.#deleteAll());
    return this.#deleting;
  }

  async #deleteAll(): Promise<void> {
    while (await this.queue.add(() => ({ result: this.#deleteSlice() })));
  }

  /** @returns whether there is more to delete */
  #deleteSlice(): boolean {
    const log = this.statements.nextDropped.get();
    if (log === undefined) return false;
    const startedAt = performance.now();
    // From the end, so that the head always tells what is left.
    const rest = Math.max(0, log.last_seq - this.#slice);
    this.statements.deleteEvents.run(log.id, rest);
    if (rest === 0) this.statements.deleteHead.run(log.id);
    else this.statements.shorten.run(rest, log.id);
    this.#adapt(performance.now() - startedAt, log.last_seq - rest);
    return true;
  }

  #adapt(took: number, deleted: number): void {
    if (took > SLICE) this.#slice = Math.max(1, Math.floor(this.#slice / 2));
    else if (took < SLICE / 3 && deleted === this.#slice) this.#slice *= 2;
  }
}
