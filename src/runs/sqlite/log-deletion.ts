import type { Logger } from '../../logging/logger.js';
import type { RunLogStatements } from './run-log-statements.js';
import type { WriteQueue } from './write-queue.js';

/** How long one slice may take, in milliseconds: while it runs, nothing else does. */
const SLICE = 5;

/** Events of the first slice; what one takes is only known by doing it. */
const FIRST_SLICE = 100;

/** Deletes the logs that are marked as dropped, aside, a slice of their events at a time. */
export class LogDeletion {
  #slice = FIRST_SLICE;
  #deleting = false;
  /** Whether more was marked since the last look. */
  #marked = false;

  constructor(
    private readonly statements: RunLogStatements,
    private readonly queue: WriteQueue,
    private readonly logger: Logger,
  ) {}

  /** Sees to it that all that is marked will be gone, also what a process before this one had left. */
  start(): void {
    this.#marked = true;
    if (!this.#deleting) void this.#deleteAll();
  }

  async #deleteAll(): Promise<void> {
    this.#deleting = true;
    try {
      while (this.#marked) {
        this.#marked = false;
        while (await this.queue.add(() => ({ result: this.#deleteSlice() })));
      }
    } catch (error) {
      // What is left is deleted with what is dropped next.
      this.logger.warn({ err: error }, 'dropped logs not deleted');
    } finally {
      // In the same turn as the last look: what is marked after it finds nobody at work.
      this.#deleting = false;
    }
  }

  /** @returns whether there is more to delete */
  #deleteSlice(): boolean {
    const log = this.statements.nextDropped.get();
    if (log === undefined) return false;
    const startedAt = performance.now();
    // From the end, so that the head always tells what is left.
    const rest = Math.max(0, log.last_seq - this.#slice);
    this.statements.deletePages.run(log.id, rest);
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
