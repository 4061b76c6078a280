import type { SqliteDatabase } from '../../storage/sqlite/sqlite-database.js';
import { FlushWindow } from './flush-window.js';

/** What a write comes to: a result, or a refusal of this write alone. */
export type Written<T> =
  | {
      result: T;
      /** Called once it is committed. */
      committed?(this: void): void;
    }
  | { refused: Error };

interface Write {
  /** Runs within the transaction; what it throws takes the whole transaction back. */
  work(this: void): Written<unknown>;
  resolve(this: void, result: never): void;
  reject(this: void, error: unknown): void;
}

/**
 * Gathers writes and commits them together, in one transaction for all runs. A flush is a macrotask
 * of its own: transactions of others on the same connection are over by then.
 */
export class WriteQueue {
  #queue: Write[] = [];
  #scheduled = false;
  readonly #window = new FlushWindow(performance.now());

  constructor(private readonly database: SqliteDatabase) {}

  /** Resolves once the write is committed. @throws StorageUnavailableError, or its refusal */
  add<T>(work: () => Written<T>): Promise<T> {
    return new Promise((resolve: (result: never) => void, reject) => {
      this.#queue.push({ work, resolve, reject });
      if (!this.#scheduled) this.#schedule();
    });
  }

  #schedule(): void {
    this.#scheduled = true;
    const wait = this.#window.length;
    if (wait === 0) setImmediate(this.#flush);
    else setTimeout(this.#flush, wait);
  }

  readonly #flush = (): void => {
    if (this.database.inTransaction) {
      setTimeout(this.#flush, 1);
      return;
    }
    const writes = this.#queue;
    this.#queue = [];
    this.#scheduled = false;
    this.#commit(writes);
    this.#window.flushed(writes.length, performance.now());
  };

  #commit(writes: readonly Write[]): void {
    try {
      const outcomes = this.database.write(() => writes.map(({ work }) => work()));
      outcomes.forEach((outcome, index) => {
        const { resolve, reject } = writes[index]!;
        if ('refused' in outcome) return reject(outcome.refused);
        outcome.committed?.();
        resolve(outcome.result as never);
      });
    } catch (error) {
      for (const { reject } of writes) reject(error);
    }
  }
}
