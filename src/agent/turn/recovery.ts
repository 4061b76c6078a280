import type { Settings } from '../../config/settings.js';
import { ProblemError } from '../../http/problem.js';
import { CallPlan, type PlannedCall } from '../../models/call-plan.js';
import type { Model } from '../../models/model-registry.js';
import { ContentFilteredError } from '../../models/openai/provider-errors.js';
import { RunInterruptedError } from '../../runs/run-errors.js';
import { NotContinuedError } from '../continuation/seam.js';
import type { Attempt } from './attempt.js';
import type { Turn } from './turn.js';

/**
 * What becomes of a turn when a model call fails: before it has said anything it is made again, or
 * another model is called; after that the turn is gone on with, by the same model or the next.
 */
export class Recovery {
  #plan: CallPlan;
  /** The fault that has cut the answer. */
  #cutBy: ProblemError | undefined;
  /** What the run fails with if nothing helps. */
  #failure: unknown;

  /** @param models the one that was asked for, then its fallbacks */
  constructor(
    private readonly models: readonly [Model, ...Model[]],
    private readonly turn: Turn,
    private readonly settings: Settings,
  ) {
    this.#plan = this.#planOf(models);
  }

  /** The first call; undefined where the model that was asked for goes on with no answer. */
  get first(): PlannedCall | undefined {
    if (this.turn.canBeContinuedBy(this.models[0])) return this.#plan.first;
    this.#failure = cutOff('and its model is configured not to go on with one.');
    return undefined;
  }

  /** What the run fails with once no call is left. */
  get failure(): unknown {
    return this.#failure;
  }

  /**
   * The call after one that failed, and that the turn has taken up.
   * @returns undefined where the run is to fail
   */
  next(error: unknown, attempt: Attempt, model: Model): PlannedCall | undefined {
    if (error instanceof NotContinuedError) {
      this.#failure = this.#notContinued(error);
      return undefined;
    }
    if (attempt.answer.output.length > 0) return this.#afterCut(error, model);
    // The caller has asked for the first model, and has what it said: all else is our business.
    if (model === this.models[0] && this.#cutBy === undefined) {
      const isKept = this.turn.text !== '' && error instanceof ProblemError;
      this.#failure = isKept ? asRetryable(error) : error;
    }
    return this.#plan.after(error);
  }

  #afterCut(error: unknown, model: Model): PlannedCall | undefined {
    const { turn, models, settings } = this;
    this.#failure = error;
    if (!(error instanceof ProblemError) || error instanceof ContentFilteredError) return undefined;
    this.#cutBy = error;
    this.#failure = asRetryable(error);
    const isLast = turn.continuations >= settings.maxContinuations;
    if (isLast || !turn.canBeContinuedBy(models[0])) return undefined;
    const others = models.filter((one) => one !== model);
    // One that talks nonsense is asked again only if there is no other.
    this.#plan = this.#planOf(error.retryable ? [model, ...others] : [...others, model]);
    return error.retryable ? this.#plan.afterCut(error) : this.#plan.first;
  }

  #planOf(models: readonly Model[]): CallPlan {
    const able = models.filter((model) => this.turn.canBeContinuedBy(model));
    return new CallPlan(able, { budgetMs: this.settings.retryBudgetMs });
  }

  #notContinued(cause: NotContinuedError): ProblemError {
    const why = 'and the model did not go on with it but gave another one.';
    const cutBy = this.#cutBy;
    if (cutBy === undefined) return cutOff(why);
    const detail = `${cutBy.message} The answer was to be gone on with, ${why}`;
    return new ProblemError(cutBy.code, detail, { retryable: true, cause });
  }
}

function cutOff(why: string): RunInterruptedError {
  return new RunInterruptedError(`This answer was interrupted, ${why}`);
}

/** The same failure; asked once more, the whole answer may come. */
function asRetryable(error: ProblemError): ProblemError {
  if (error.retryable || error instanceof ContentFilteredError) return error;
  return new ProblemError(error.code, error.message, { retryable: true, cause: error });
}
