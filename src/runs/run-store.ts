import type { Settlement, TerminalState } from './run-event.js';
import type { Owner, Run, RunKey } from './run.js';

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

  /** The run that a caller's idempotency key names. */
  abstract findByIdempotencyKey(owner: Owner, key: string): Promise<Run | undefined>;

  /** Makes the oldest queued run of a session running, unless another is; returns it. */
  abstract promoteQueued(owner: Owner, sessionId: string): Promise<Run | undefined>;

  /**
   * Writes down how a run ended, and forgets the messages of its request. A run that has ended stays
   * as it is.
   */
  abstract settle(key: RunKey, settled: SettledState): Promise<void>;

  /** Forgets runs that finished before a time (milliseconds since the epoch) and returns them. */
  abstract sweep(finishedBefore: number): Promise<readonly RunKey[]>;
}
