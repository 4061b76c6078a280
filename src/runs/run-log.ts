import type { RunKey } from './run.js';
import type { RunEvent } from './run-event.js';

/** What a page of events may hold at most. The first event counts whatever its size. */
export interface PageLimit {
  events: number;
  /** Approximate size of the events' text, in UTF-16 code units. */
  size: number;
}

/** One ownership of a run: its number, and where the log stood when it began. */
export interface Ownership {
  /** Grows with each ownership; appends under a lower one are refused. */
  epoch: number;
  lastSeq: number;
}

/** A reader's wait for more events. */
export interface MoreEvents {
  /**
   * Settles once the log holds an event beyond the position, or the wait was cancelled. Rejects
   * when there can be none for now: the storage cannot be written.
   */
  readonly arrived: Promise<void>;
  cancel(): void;
}

/**
 * The run log: for each run an append-only list of events with gap-free sequence numbers from 1.
 * One owner writes it, any number of watchers read it, each from its own position.
 *
 * Promises of every adapter (its contract suite is `run-log.contract.ts`):
 * - an event that `read` returns has been logged: no death of the process takes it back;
 * - `read` returns events in order, without gaps, and the same events at each call;
 * - an append is whole or refused; appends under a stale epoch are refused and change nothing;
 * - whatever cannot be done because the storage is not there is refused as
 *   `StorageUnavailableError`.
 */
export abstract class RunLog {
  /** Takes ownership of a run, making its log where there is none. */
  abstract claim(key: RunKey): Promise<Ownership>;

  /**
   * Appends what happened, from `lastSeq + 1` on. Resolves when the events are logged. Without
   * events it tells whether the epoch is still the current one.
   * @throws StaleEpochError when the run has been claimed again since.
   */
  abstract append(key: RunKey, epoch: number, events: readonly RunEvent[]): Promise<void>;

  /**
   * The events after a position, as many as the limit allows; none when there are no more yet.
   * @throws RunExpiredError when the log is not there (any more).
   */
  abstract read(key: RunKey, after: number, limit: PageLimit): Promise<readonly RunEvent[]>;

  /** Waits until there is an event beyond a position; at once where there is one already. */
  abstract more(key: RunKey, after: number): MoreEvents;

  /**
   * The runs whose log has no terminal event, oldest first. Those that nobody owns are to be taken
   * over: where one process writes all logs, all that are not its own.
   */
  abstract unended(): Promise<readonly RunKey[]>;

  /**
   * Forgets logs: from then on they are not there, and waits on them settle. What they take may be
   * given back later.
   */
  abstract drop(keys: readonly RunKey[]): Promise<void>;
}
