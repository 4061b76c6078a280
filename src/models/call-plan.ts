import { ProblemError } from '../http/problem.js';
import type { Model } from './model-registry.js';
import { CircuitOpenError, ContentFilteredError } from './openai/provider-errors.js';

/** The wait before the first retry, in milliseconds; each further one is twice as long. */
const FIRST_WAIT = 250;
const LONGEST_WAIT = 5_000;

/** What is added at most where all runs are told the same wait in the same moment, in milliseconds. */
const SPREAD = 500;

/** Which model to call next. */
export interface PlannedCall {
  model: Model;
  /** When, in milliseconds from now. */
  waitMs: number;
}

/** How a plan is made. */
export interface CallPlanOptions {
  /** How long one model may be tried again, in milliseconds; 0: each is called once. */
  budgetMs: number;
  /** A monotonic clock, in milliseconds. @default performance.now */
  now?: () => number;
  /** From 0 to 1. @default Math.random */
  random?: () => number;
}

interface Candidate {
  model: Model;
  /** Whether its open circuit is waited for: all others have been tried. */
  waits: boolean;
  /** What it has used of the budget, in milliseconds. */
  spentMs: number;
}

/**
 * Which models to call, one after the other, until one of them says something: each is called again
 * for as long as waiting may help and the budget lasts, then the next one is.
 *
 * Waits grow by doubling, with jitter over their second half, so that the runs that a provider has
 * dropped together do not come back together. A `Retry-After` is never undercut: where it does not
 * fit into the budget, the next model is called at once.
 */
export class CallPlan {
  readonly #candidates: Candidate[];
  readonly #now: () => number;
  readonly #random: () => number;
  /** When the present model was called for the first time. */
  #since: number;
  #tries = 0;

  /** @param models in the order in which they are to be called; not empty */
  constructor(
    models: readonly Model[],
    private readonly options: CallPlanOptions,
  ) {
    this.#candidates = models.map((model) => ({ model, waits: models.length === 1, spentMs: 0 }));
    this.#now = options.now ?? (() => performance.now());
    this.#random = options.random ?? Math.random;
    this.#since = this.#now();
  }

  /** The first call. */
  get first(): PlannedCall {
    return { model: this.#candidates[0]!.model, waitMs: 0 };
  }

  /**
   * The call to make after one that failed.
   * @returns undefined where none is left, or none would help
   */
  after(error: unknown): PlannedCall | undefined {
    const present = this.#candidates[0]!;
    // What a filter refuses is not to be had elsewhere; what is no problem is a fault of ours.
    if (!(error instanceof ProblemError) || error instanceof ContentFilteredError) return undefined;
    if (error instanceof CircuitOpenError && !present.waits) {
      // Others first. Only if they fail too it is worth waiting for.
      const spentMs = this.#now() - this.#since;
      this.#candidates.push({ model: present.model, waits: true, spentMs });
      return this.#next();
    }
    const waitMs = this.#waitAfter(error);
    // The trial may take as long as a first token may: whoever waits for it must not lose by that.
    if (error instanceof CircuitOpenError && error.onTrial) this.#since += waitMs;
    const spent = this.#now() - this.#since;
    if (error.retryable && waitMs > 0 && spent + waitMs <= this.options.budgetMs) {
      return { model: present.model, waitMs };
    }
    return this.#next();
  }

  /**
   * The first call where a call of the first model was cut in mid-answer. It is no retry, and the budget
   * only counts against the wait that the model has asked for.
   */
  afterCut(error: ProblemError): PlannedCall | undefined {
    const waitMs = this.#waitAfter(error);
    const isTooLong = error.retryAfter !== undefined && waitMs > this.options.budgetMs;
    return isTooLong ? this.#next() : { ...this.first, waitMs };
  }

  #next(): PlannedCall | undefined {
    this.#candidates.shift();
    const next = this.#candidates[0];
    if (next === undefined) return undefined;
    this.#since = this.#now() - next.spentMs;
    this.#tries = 0;
    return { model: next.model, waitMs: 0 };
  }

  #waitAfter(error: ProblemError): number {
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#tries);
    this.#tries += 1;
    const jittered = longest * (1 - this.#random() / 2);
    const asked =
      error instanceof CircuitOpenError ? error.waitMs : (error.retryAfter ?? 0) * 1_000;
    return Math.ceil(asked > 0 ? asked + SPREAD * (0.05 + 0.95 * this.#random()) : jittered);
  }
}
