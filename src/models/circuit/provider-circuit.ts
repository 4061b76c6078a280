import {
  circuitBreaker,
  CircuitState as State,
  DelegateBackoff,
  handleWhen,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import { ProblemError } from '../../http/problem.js';
import { CircuitOpenError, isOutage } from '../openai/provider-errors.js';
import { FaultWindow } from './fault-window.js';

/** From the first opening to the trial that may close it, in milliseconds; doubled by each that fails. */
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;

/** How long others wait while a trial is under way, in milliseconds. */
const TRIAL_WAIT = 500;

/**
 * Whether a provider is asked: `closed`, it is; `open`, it has failed so often that nobody is sent
 * there; `half_open`, one call is on trial.
 */
export type CircuitState = 'closed' | 'open' | 'half_open';

/** What keeps calls from a provider that only fails. */
export interface Circuit {
  readonly state: CircuitState;
  /** Whether nobody is sent there just now. */
  readonly isRefusing: boolean;
  /**
   * Opens a call.
   * @throws CircuitOpenError while the provider is not asked; what `open` throws
   */
  call<T>(open: () => Promise<T>): Promise<T>;
  /** A call that had been opened has failed. */
  broke(error: Error): void;
}

/**
 * The circuit breaker of one provider. It opens at 5 or more outages that are at least half of the
 * calls in 30 seconds: refused connections, time-outs, drops and 5xx, never 4xx. An open one lets a
 * call on trial through after a second, and after up to half a minute where that fails too.
 */
export class ProviderCircuit implements Circuit {
  readonly #window: FaultWindow;
  readonly #policy: CircuitBreakerPolicy;
  #wait = FIRST_WAIT;
  #trialAt = 0;

  /**
   * @param provider what people call it
   * @param now a monotonic clock, in milliseconds
   */
  constructor(
    private readonly provider: string,
    private readonly now: () => number = () => performance.now(),
  ) {
    const window = new FaultWindow(now);
    this.#window = window;
    // An abort says nothing of a provider, but a trial that was aborted has not shown that it works.
    const speaksAgainst = (error: unknown) =>
      isOutage(error) || (this.state === 'half_open' && !(error instanceof ProblemError));
    this.#policy = circuitBreaker(handleWhen(speaksAgainst), {
      breaker: {
        state: undefined,
        success: () => {},
        failure: () => this.state === 'closed' && window.isFailing,
      },
      // The library reads the calendar, which somebody may set back. The wait is ours.
      halfOpenAfter: new DelegateBackoff(() => Number.NEGATIVE_INFINITY),
    });
    this.#policy.onBreak((reason) => {
      this.#trialAt = now() + this.#wait;
      const isFault = reason !== null && 'error' in reason && isOutage(reason.error);
      if (isFault) this.#wait = Math.min(LONGEST_WAIT, this.#wait * 2);
    });
    this.#policy.onReset(() => {
      this.#wait = FIRST_WAIT;
      window.clear();
    });
  }

  get state(): CircuitState {
    switch (this.#policy.state) {
      case State.Open:
      case State.Isolated:
        return 'open';
      case State.HalfOpen:
        return 'half_open';
      case State.Closed:
        return 'closed';
    }
  }

  get isRefusing(): boolean {
    return this.#waitMs() > 0;
  }

  async call<T>(open: () => Promise<T>): Promise<T> {
    const waitMs = this.#waitMs();
    if (waitMs > 0) throw new CircuitOpenError(this.provider, waitMs, this.state === 'half_open');
    return this.#policy.execute(async () => {
      try {
        const opened = await open();
        this.#window.addCall();
        return opened;
      } catch (error) {
        if (error instanceof ProblemError) this.#window.addCall();
        if (isOutage(error)) this.#window.addFault();
        throw error;
      }
    });
  }

  broke(error: Error): void {
    if (!isOutage(error)) return;
    this.#window.addFault();
    // The library only looks at what runs through it.
    if (this.state === 'closed') {
      this.#policy.execute(() => Promise.reject(error)).catch(() => undefined);
    }
  }

  #waitMs(): number {
    switch (this.state) {
      case 'closed':
        return 0;
      case 'half_open':
        return TRIAL_WAIT;
      case 'open':
        return Math.max(0, this.#trialAt - this.now());
    }
  }
}
