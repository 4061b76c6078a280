import type { Logger } from '../../logging/logger.js';
import type { CheckpointDone } from './checkpoint-worker.js';
import { Checkpointer } from './checkpointer.js';
import { LARGE_LOG } from './large-log.js';
import type { SqliteDatabase } from './sqlite-database.js';

/** From the first commit to the checkpoint, in milliseconds. */
const DELAY_MS = 1_000;

/** In bytes. */
const PAGE_SIZE = 4096;

/**
 * Brings what was committed from the write-ahead log into the database, about a second after the
 * first commit. A log that is copied whole starts over at the next commit, so it does not grow.
 */
export class Checkpoints {
  readonly #checkpointer: Checkpointer;
  #timer: NodeJS.Timeout | undefined;
  #pass: Promise<void> | undefined;
  #dirty = false;
  #failing = false;
  #closed = false;

  /**
   * @param file the path of the database
   * @param largeLog from where on commits wait for the log to start over, in bytes
   */
  constructor(
    file: string,
    private readonly database: SqliteDatabase,
    private readonly logger: Logger,
    private readonly largeLog = LARGE_LOG,
  ) {
    this.#checkpointer = new Checkpointer(file);
    database.committed.subscribe(() => this.#committed());
  }

  /** Ends them, after the one that is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#pass;
    await this.#checkpointer.close();
  }

  #committed(): void {
    this.#dirty = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#closed || this.#timer !== undefined || this.#pass !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#pass = this.#run();
    }, DELAY_MS).unref();
  }

  async #run(): Promise<void> {
    try {
      const done = await this.#checkpoint();
      if (this.#isBehind(done)) await this.database.hold(() => this.#checkpoint());
      this.#failing = false;
    } catch (error) {
      this.#dirty = true;
      if (!this.#failing) this.logger.error({ err: error }, 'checkpoint failed');
      this.#failing = true;
    } finally {
      this.#pass = undefined;
      if (this.#dirty) this.#schedule();
    }
  }

  #checkpoint(): Promise<CheckpointDone> {
    this.#dirty = false;
    return this.#checkpointer.checkpoint();
  }

  /**
   * Whether a large log would start over but for the commits that came meanwhile: it does once
   * nothing in it is new. Those are few; where a reader is what keeps the log, waiting is no use.
   */
  #isBehind({ log, checkpointed }: CheckpointDone): boolean {
    return this.#dirty && checkpointed === log && log * PAGE_SIZE > this.largeLog;
  }
}
