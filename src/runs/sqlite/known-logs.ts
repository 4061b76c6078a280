import { LogTail } from '../log-tail.js';
import { WaitingReaders } from '../waiting-readers.js';
import type { LogHead } from './run-log-statements.js';

/** How many ended logs are kept at hand, for readers who are about to reach the end. */
const ENDED_KEPT = 64;

/** A log that this process writes or waits for. */
export class KnownLog {
  readonly id: number;
  readonly owner: string;
  lastSeq: number;
  ended: boolean;
  readonly tail = new LogTail();
  readonly waiting = new WaitingReaders();

  constructor(head: LogHead) {
    this.id = head.id;
    this.owner = head.owner;
    this.lastSeq = head.last_seq;
    this.ended = head.ended === 1;
  }
}

/** The logs at hand, by the ids of their runs. */
export class KnownLogs {
  readonly #logs = new Map<string, KnownLog>();
  /** Run ids, the first to end first. */
  readonly #ended = new Set<string>();

  get(runId: string): KnownLog | undefined {
    return this.#logs.get(runId);
  }

  /** The log at hand, made from its head where there is none. */
  know(runId: string, head: LogHead): KnownLog {
    const known = this.#logs.get(runId) ?? new KnownLog(head);
    this.#logs.set(runId, known);
    return known;
  }

  /** Lets the log go some time after its end. */
  end(runId: string): void {
    this.#ended.add(runId);
    for (const oldest of this.#ended) {
      if (this.#ended.size <= ENDED_KEPT) return;
      this.forget(oldest);
    }
  }

  forget(runId: string): void {
    this.#logs.get(runId)?.waiting.release();
    this.#logs.delete(runId);
    this.#ended.delete(runId);
  }

  *[Symbol.iterator](): Iterator<KnownLog> {
    yield* this.#logs.values();
  }
}
