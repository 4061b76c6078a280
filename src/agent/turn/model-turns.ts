import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { ProblemError } from '../../http/problem.js';
import { Logger } from '../../logging/logger.js';
import type { PlannedCall } from '../../models/call-plan.js';
import { ModelRegistry, type Model } from '../../models/model-registry.js';
import { CircuitOpenError } from '../../models/openai/provider-errors.js';
import type { TurnEnd } from '../../runs/run-event.js';
import type { RunContext } from '../../runs/run-work.js';
import type { Run } from '../../runs/run.js';
import type { Attempt } from './attempt.js';
import { Recovery } from './recovery.js';
import type { Turn } from './turn.js';

/** How a turn has ended: as its model said, or with what keeps the run from going on. */
export type TurnOutcome = { end: TurnEnd } | { failure: unknown };

/** A model call that has failed, and what is done about it. */
interface FailedCall {
  run: Run;
  model: Model;
  attempt: Attempt;
  error: unknown;
  next: PlannedCall | undefined;
}

/** Makes turns: calls models until one comes to its end, and says what happens as run events. */
@Injectable()
export class ModelTurns {
  constructor(
    private readonly models: ModelRegistry,
    private readonly settings: Settings,
    private readonly logger: Logger,
  ) {}

  /**
   * Brings a turn to its end: call by call, until one comes to its own.
   * @param models the one that was asked for, then those to go to when it fails
   * @throws the reason of the signal, when that is aborted; and what `append` throws
   */
  async finish(
    turn: Turn,
    models: readonly [Model, ...Model[]],
    { run, append, signal }: Pick<RunContext, 'append' | 'signal'> & { run: Run },
  ): Promise<TurnOutcome> {
    const recovery = new Recovery(models, turn, this.settings);
    let next = recovery.first;
    while (next !== undefined) {
      if (next.waitMs > 0) await pause(next.waitMs, signal);
      const attempt = await turn.attempt(next.model);
      signal.throwIfAborted();
      if (attempt === undefined) return { end: 'length' };
      let isAppending = false;
      try {
        const { messages, tools, maxTokens } = attempt;
        const { temperature, responseFormat } = turn.question.request;
        const call = { messages, tools, maxTokens, temperature, responseFormat, signal };
        for await (const deltas of this.models.stream(next.model, call)) {
          const events = attempt.take(deltas);
          isAppending = true;
          if (events.length > 0) await append(events);
          isAppending = false;
        }
        turn.add(attempt);
        return { end: attempt.answer.finishReason };
      } catch (error) {
        // No fault of a model: the run is somebody else's now.
        if (isAppending) throw error;
        if (!(error instanceof CircuitOpenError)) turn.add(attempt, signal.aborted);
        signal.throwIfAborted();
        const { model }: PlannedCall = next;
        next = recovery.next(error, attempt, model);
        // What the run fails with is told at its end.
        const isTold = next === undefined && error === recovery.failure;
        if (!isTold) this.#report({ run, model, attempt, error, next });
      }
    }
    return { failure: recovery.failure };
  }

  #report({ run, model, attempt, error, next }: FailedCall): void {
    const line = {
      run_id: run.id,
      request_id: run.requestId,
      model: model.name,
      provider: model.provider.id,
      attempt: attempt.number,
      ...(error instanceof ProblemError && { code: error.code }),
      ...(next !== undefined && { next_model: next.model.name, wait_ms: next.waitMs }),
    };
    // A provider that is known to fail is passed over by every run.
    if (error instanceof CircuitOpenError) this.logger.debug(line, 'provider passed over');
    else this.logger.warn({ ...line, err: error }, 'model call failed');
  }
}

/** Resolves when the time is over, or the signal is aborted. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal }).catch(() => undefined);
}
