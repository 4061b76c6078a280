import type { Observable } from 'rxjs';

/**
 * The place where all that is kept is kept. Adapters of the stores tell it what fails; who works for
 * runs learns from it when to stop and when to go on.
 */
export abstract class Storage {
  /** Whether it can be written. Reading may go on where it cannot. */
  abstract readonly available: boolean;

  /** Each time that it has become unavailable. */
  abstract readonly lost: Observable<void>;

  /** Each time that it has become available again. */
  abstract readonly restored: Observable<void>;

  /**
   * Since when it is certain to hold all that readers saw, in milliseconds since the epoch; 0 for
   * always. Later than 0 once a whole host has died, unless each commit had been forced to the disk
   * (`LOG_SYNC=full`).
   */
  abstract readonly trustedSince: number;
}
