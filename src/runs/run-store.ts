import type { Settlement, TerminalState } from './run-event.js';
import type { Owner, Run, RunKey, RunState } from './run.js';

/** What came of asking for a run. */
export type Admission =
  | { outcome: 'created'; run: Run }
  /** The idempotency key names this run already, with the same fingerprint. */
  | { outcome: 'joined'; run: Run }
  /** The idempotency key names this run already, with another fingerprint. */
  | { outcome: 'conflict'; run: Run }
  /** The session already has an unfinished run. */
  | { outcome: 'busy'; run: Run };

export interface SettledState {
  state: TerminalState;
  settlement: Settlement;
  /** Milliseconds since the epoch. */
  finishedAt: number;
  /** Frees the idempotency key, so that the same request may be tried again. */
  releaseKey: boolean;
}

/** Which runs to list. */
export interface RunFilter {
  sessionId?: string | undefined;
  state?: RunState | undefined;
  idempotencyKey?: string | undefined;
}

/** Which part of a list, newest first. */
export interface RunPage {
  /** The id of the run before the page; its first run is the next older one. */
  before?: string | undefined;
  /** Most runs to return. */
  limit: number;
}

/**
 * What is known of runs beside their events. Each call is atomic: of two that admit under one key,
 * or into one session, at the same time, one wins. The contract suite is `run-store.contract.ts`.
 */
export abstract class RunStore {
  /**
   * Admits a run: keeps it as `running`, or as `queued` where its session has an unfinished run and
   * `queue` allows to wait. The key is looked at before the session, so that a repeated request
   * joins its own run instead of being refused as busy.
   */
  abstract admit(run: Run, queue: boolean): Promise<Admission>;

  abstract get(key: RunKey): Promise<Run | undefined>;

  /**
   * An owner's runs that fit all of the filter, newest first: by id, as ids sort by time. Without the
   * messages of their requests, of which each may be as large as a body.
   */
  abstract list(owner: Owner, filter: RunFilter, page: RunPage): Promise<readonly Run[]>;

  /** The run that a caller's idempotency key names. */
  abstract findByIdempotencyKey(owner: Owner, key: string): Promise<Run | undefined>;

  /** Makes the oldest queued run of a session running, unless another is; returns it. */
  abstract promoteQueued(owner: Owner, sessionId: string): Promise<Run | undefined>;

  /**
   * Writes down that a run is worked on under a new ownership. A run that has ended stays as it is.
   * @param options.counts whether the takeover is one of those that a run may have so many of; it
   * never is where the run waits for a decision
   * @returns the run as it then is; undefined where there is none
   * @throws StaleEpochError when a later ownership is known already
   */
  abstract takeOver(
    key: RunKey,
    epoch: number,
    options: { counts: boolean },
  ): Promise<Run | undefined>;

  /**
   * Writes down whether a run waits for a decision of its caller's. One that has ended stays as it is.
   * @throws StaleEpochError when a later ownership is known
   */
  abstract setWaiting(key: RunKey, epoch: number, isWaiting: boolean): Promise<void>;

  /**
   * Writes down how a run ended, and forgets the messages of its request. A run that has ended stays
   * as it is.
   * @throws StaleEpochError when a later ownership is known
   */
  abstract settle(key: RunKey, epoch: number, settled: SettledState): Promise<void>;

  /** Runs that finished before a time (milliseconds since the epoch), `limit` at most. */
  abstract expired(finishedBefore: number, limit: number): Promise<readonly RunKey[]>;

  /** Forgets runs that have ended, with their idempotency keys. */
  abstract forget(keys: readonly RunKey[]): Promise<void>;
}
