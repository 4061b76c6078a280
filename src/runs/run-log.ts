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

/** The next events for a reader, who may have to wait for them. */
export interface NextEvents {
  /**
   * Resolves with the events after the reader's position, once there are any; with none where the
   * wait was cancelled or the log dropped. Rejects when the log is not there, and when there can be no
   * more for now: the storage cannot be written.
   */
  readonly page: Promise<readonly RunEvent[]>;
  /** Whether they were there already. */
  readonly isThere: boolean;
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

  /**
   * The events after a position as `read` gives them, and where there are none, the next that are
   * appended. A reader gets them with the wait for them: one promise, not two, a piece of an answer.
   */
  abstract next(key: RunKey, after: number, limit: PageLimit): NextEvents;

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
