import { LogTail } from '../log-tail.js';
import type { RunEvent } from '../run-event.js';
import { WaitingReaders } from '../waiting-readers.js';
import type { LogHead } from './run-log-statements.js';

/** How many ended logs are kept at hand, for readers who are about to reach the end. */
const ENDED_KEPT = 64;

const ALL = { events: Infinity, size: Infinity };

/** Where the events that are in no page yet stand in the journal. */
export interface JournalPart {
  /** The journal's row of the first of them. */
  from: number;
  /** What they take, by `eventSize`. */
  size: number;
}

/** A log that this process writes or waits for. */
export class KnownLog {
  readonly id: number;
  readonly owner: string;
  epoch: number;
  lastSeq: number;
  /** The last event that is in a page; those after it are in the tail too. */
  pagedSeq: number;
  /** Undefined where all events are in pages. */
  journaled: JournalPart | undefined;
  ended: boolean;
  /** Why what is in no page cannot be read; its run can only be ended. */
  unreadable: Error | undefined;
  /** The append that is under way. */
  appending: Promise<void> | undefined;
  readonly tail = new LogTail();
  readonly waiting = new WaitingReaders();

  constructor(head: LogHead) {
    this.id = head.id;
    this.owner = head.owner;
    this.epoch = head.epoch;
    this.lastSeq = head.last_seq;
    this.pagedSeq = head.last_seq;
    this.ended = head.ended === 1;
  }

  /** The events that are in no page. */
  get unpaged(): readonly RunEvent[] {
    return this.journaled === undefined ? [] : this.tail.after(this.pagedSeq, ALL)!;
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

  add(runId: string, log: KnownLog): void {
    this.#logs.set(runId, log);
    if (log.ended) this.end(runId);
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
