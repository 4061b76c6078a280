import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { AgentConfig } from '../config/agents-config.js';
import { Settings } from '../config/settings.js';
import { ProblemError } from '../http/problem.js';
import { Logger } from '../logging/logger.js';
import type { PlannedCall } from '../models/call-plan.js';
import { ModelRegistry, type Model } from '../models/model-registry.js';
import type { ModelMessage } from '../models/model-stream.js';
import { CircuitOpenError } from '../models/openai/provider-errors.js';
import { RunCancelledError, RunReleasedError } from '../runs/run-errors.js';
import type { RunContext, RunOutcome } from '../runs/run-work.js';
import { isTakenOver, type Run } from '../runs/run.js';
import { AnswererGoneError } from './agent-errors.js';
import { AgentRegistry } from './agent-registry.js';
import { AnswerSoFar } from './answer-so-far.js';
import { Recovery } from './recovery.js';
import type { Turn } from './turn.js';

/** What an agent is to do: answer a conversation. */
export interface AgentTask {
  run: Run;
  /** The message to answer last; without the agent's instructions. */
  conversation: readonly ModelMessage[];
}

/** A model call that has failed, and what is done about it. */
interface FailedCall {
  run: Run;
  model: Model;
  turn: Turn;
  error: unknown;
  next: PlannedCall | undefined;
}

/** An agent at work: calls models and says what happens as run events. */
@Injectable()
export class AgentLoop {
  constructor(
    private readonly agents: AgentRegistry,
    private readonly models: ModelRegistry,
    private readonly settings: Settings,
    private readonly logger: Logger,
  ) {}

  /**
   * Answers, or goes on where the log of the run stands: call by call, until one comes to its end.
   * @throws AgentNotFoundError, ModelNotFoundError, ModelUnavailableError for a run that nobody has
   * worked on before
   * @throws RunReleasedError, and what `append` throws
   */
  async run(
    { run, conversation }: AgentTask,
    { append, signal, progress, interrupted }: RunContext,
  ): Promise<RunOutcome> {
    const { request } = run;
    const messages = promptOf(this.agents.find(run.agent), conversation);
    const model = this.#answerer(run);
    const isGone = model instanceof AnswererGoneError;
    const mode = isGone ? 'instruct' : model.config.continuation;
    const answer = new AnswerSoFar({ request, messages }, progress, mode);
    const ended = async (how: Partial<RunOutcome>): Promise<RunOutcome> => {
      const abandoned = answer.abandonedCalls;
      if (abandoned.length > 0) await append(abandoned);
      return answer.outcome(how);
    };
    const failed = (error: unknown): Promise<RunOutcome> =>
      ended({ state: 'failed', finishReason: 'error', error });
    const stopped = (reason: unknown): Promise<RunOutcome> => {
      if (reason instanceof RunReleasedError) throw reason;
      return reason instanceof RunCancelledError
        ? ended({ state: 'cancelled', finishReason: 'cancelled' })
        : failed(reason);
    };

    if (progress.finished !== undefined) {
      return answer.outcome({ finishReason: progress.finished.finishReason });
    }
    if (interrupted !== undefined) return failed(interrupted);
    if (isGone) return failed(model);
    const models = [model, ...this.models.fallbacksOf(model)] as const;
    const recovery = new Recovery(models, answer, this.settings);
    let next = recovery.first;
    while (next !== undefined) {
      if (next.waitMs > 0) await pause(next.waitMs, signal);
      const turn = await answer.turn(next.model);
      if (signal.aborted) return stopped(signal.reason);
      if (turn === undefined) return ended({ finishReason: 'length' });
      let isAppending = false;
      try {
        const { messages, maxTokens } = turn;
        const { temperature, responseFormat } = request;
        const call = { messages, maxTokens, temperature, responseFormat, signal };
        for await (const deltas of this.models.stream(next.model, call)) {
          const events = turn.take(deltas);
          isAppending = true;
          if (events.length > 0) await append(events);
          isAppending = false;
        }
        answer.add(turn);
        return answer.outcome({ finishReason: turn.answer.finishReason });
      } catch (error) {
        // No fault of a model: the run is somebody else's now.
        if (isAppending) throw error;
        if (!(error instanceof CircuitOpenError)) answer.add(turn, signal.aborted);
        if (signal.aborted) return stopped(signal.reason);
        const { model }: PlannedCall = next;
        next = recovery.next(error, turn, model);
        // What the run fails with is told at its end.
        const isTold = next === undefined && error === recovery.failure;
        if (!isTold) this.#report({ run, model, turn, error, next });
      }
    }
    return failed(recovery.failure);
  }

  /** The model of a run whose agent is still there. */
  #answerer(run: Run): Model | AnswererGoneError {
    try {
      this.agents.resolve(run.agent);
      return this.models.resolve(run.model);
    } catch (error) {
      // It was there when the run was admitted: whoever had asked did nothing wrong.
      if (isTakenOver(run) && error instanceof ProblemError) return new AnswererGoneError(error);
      throw error;
    }
  }

  #report({ run, model, turn, error, next }: FailedCall): void {
    const line = {
      run_id: run.id,
      request_id: run.requestId,
      model: model.name,
      provider: model.provider.id,
      attempt: turn.attempt,
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

function promptOf(
  agent: AgentConfig | undefined,
  conversation: readonly ModelMessage[],
): readonly ModelMessage[] {
  if (agent === undefined) return conversation;
  return [{ role: 'system', content: agent.instructions }, ...conversation];
}
