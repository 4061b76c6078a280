import { Injectable } from '@nestjs/common';
import { AGENT_DEFAULTS, type AgentConfig } from '../config/agents-config.js';
import { ProblemError } from '../http/problem.js';
import { ModelRegistry, type Model } from '../models/model-registry.js';
import { hasImages, type ModelMessage } from '../models/model-stream.js';
import { RunCancelledError, RunReleasedError, StaleEpochError } from '../runs/run-errors.js';
import { isWaiting } from '../runs/run-progress.js';
import type { RunContext, RunOutcome } from '../runs/run-work.js';
import { isTakenOver, type Run } from '../runs/run.js';
import { StorageUnavailableError } from '../storage/storage-errors.js';
import type { AgentTools } from '../tools/tool.js';
import { Toolbox } from '../tools/toolbox.js';
import { AnswererGoneError } from './agent-errors.js';
import { AgentRegistry } from './agent-registry.js';
import { AgentRun, NO_TOOLS, type Answerer } from './agent-run.js';
import { instructionsFor } from './instructions.js';
import {
  History,
  NO_HISTORY,
  type EarlierMessages,
  type FittingHistory,
} from './history/history.js';
import { Prompt } from './history/prompt.js';
import { Outputs } from './output/outputs.js';
import { RunDeadline } from './run-deadline.js';
import { Approvals } from './tool-calls/approvals.js';
import type { SaidMessage } from './transcript.js';
import { ModelTurns } from './turn/model-turns.js';
import { RunTally } from './turn/run-tally.js';

/** What an agent is to do: answer a question. */
export interface AgentTask {
  run: Run;
  /** The conversation of the request, or the message of its session. */
  question: readonly ModelMessage[];
  /** What was said in the session before. */
  earlier?: EarlierMessages;
}

/** What came of it. */
export interface AgentAnswer {
  outcome: RunOutcome;
  /** The messages that the run adds to the conversation. */
  said: readonly SaidMessage[];
}

/** A run that is worked on. */
interface RunUnderWay {
  run: Run;
  work: AgentRun;
  prompt: Prompt;
  tally: RunTally;
  signal: AbortSignal;
  /** Who may correct an answer that does not fit. */
  corrector: Model | undefined;
}

/** An agent at work: calls models and tools and says what happens as run events. */
@Injectable()
export class AgentLoop {
  constructor(
    private readonly agents: AgentRegistry,
    private readonly models: ModelRegistry,
    private readonly toolbox: Toolbox,
    private readonly history: History,
    private readonly outputs: Outputs,
    private readonly turns: ModelTurns,
    private readonly approvals: Approvals,
  ) {}

  /**
   * Answers, or goes on where the log of the run stands: turn by turn, until one is the last.
   * @throws AgentNotFoundError, ModelNotFoundError, ModelUnavailableError for a run that nobody has
   * worked on before
   * @throws RunReleasedError, and what `append` throws
   */
  async run(task: AgentTask, context: RunContext): Promise<AgentAnswer> {
    const { run } = task;
    const { progress, interrupted } = context;
    const agent = this.agents.find(run.agent);
    const model = this.#answerer(run);
    const isGone = model instanceof AnswererGoneError;
    const deadline = deadlineOf(run, agent, context);
    const { signal } = deadline;
    try {
      const last = progress.turns.at(-1)?.finished;
      const isOver = last !== undefined && last.finishReason !== 'tool_calls';
      const isStuck = isOver || interrupted !== undefined || isGone;
      const answerer = isStuck ? undefined : await this.#answererOf(run, agent!, model, signal);
      const tally = new RunTally(progress);
      const prompt = this.#promptOf(task, agent, answerer, tally, signal);
      const work = new AgentRun(
        {
          run,
          agent: agent ?? { ...AGENT_DEFAULTS, id: run.agent, name: run.agent },
          prompt,
          mode: isGone ? 'instruct' : model.config.continuation,
          tally,
          answerer,
        },
        { ...context, signal, setWaiting: pausing(deadline, context) },
        { turns: this.turns, approvals: this.approvals },
      );
      const corrector = isGone ? undefined : model;
      const underWay = { run, work, prompt, tally, signal, corrector };
      return await this.#answer(underWay, interrupted ?? (isGone ? model : undefined));
    } finally {
      deadline.clear();
    }
  }

  /** @param obstacle why nobody goes on with the run where it has not come to its end */
  async #answer(
    { run, work, prompt, tally, signal, corrector: model }: RunUnderWay,
    obstacle: unknown,
  ): Promise<AgentAnswer> {
    const ended = async (how: Parameters<AgentRun['outcome']>[0], why: string) => {
      await work.close(why);
      return { outcome: await work.outcome(how), said: work.said };
    };
    const failed = (error: unknown): Promise<AgentAnswer> =>
      ended({ state: 'failed', finishReason: 'error', error }, 'the run has failed.');
    try {
      const ending = await work.toItsEnd();
      if ('isStuck' in ending) {
        signal.throwIfAborted();
        return await failed(obstacle);
      }
      if ('failure' in ending) return await failed(ending.failure);
      const { end: finishReason, turn } = ending;
      await work.close('the run is over.');
      const messages = await prompt.with(work.said);
      const isWhole = finishReason === 'stop';
      const options = { run, messages, text: turn.text, isWhole, model, tally, signal };
      const output = await this.outputs.of(options);
      return await ended({ state: 'completed', finishReason, ...output }, 'the run is over.');
    } catch (error) {
      if (signal.aborted) {
        const reason: unknown = signal.reason;
        if (reason instanceof RunReleasedError) throw reason;
        const cancelled = { state: 'cancelled', finishReason: 'cancelled' } as const;
        if (reason instanceof RunCancelledError) return ended(cancelled, 'the run was cancelled.');
        return failed(reason);
      }
      const isLost = error instanceof StaleEpochError || error instanceof StorageUnavailableError;
      if (isLost) throw error;
      return failed(error);
    }
  }

  /** @returns undefined where the signal was aborted meanwhile: nobody is to go on */
  async #answererOf(
    { request }: Run,
    agent: AgentConfig,
    model: Model,
    signal: AbortSignal,
  ): Promise<Answerer | undefined> {
    const canCall = model.config.capabilities.includes('tools');
    const tools = canCall ? await this.#toolsOf(agent, signal) : NO_TOOLS;
    if (tools === undefined) return undefined;
    const others = this.models.fallbacksOf(model, agent.fallbacks);
    // One that cannot see would answer another question.
    const isSeen = request.messages.some(({ content }) => hasImages(content));
    const able = others.filter(({ config }) => !isSeen || config.capabilities.includes('vision'));
    return { models: [model, ...able], tools };
  }

  async #toolsOf(agent: AgentConfig, signal: AbortSignal): Promise<AgentTools | undefined> {
    try {
      return await this.toolbox.toolsOf(agent, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  /** What the model is told before it says anything. */
  #promptOf(
    { run, question, earlier }: AgentTask,
    agent: AgentConfig | undefined,
    answerer: Answerer | undefined,
    tally: RunTally,
    signal: AbortSignal,
  ): Prompt {
    const content = instructionsFor(agent, run);
    const instructions: readonly ModelMessage[] =
      content === undefined ? [] : [{ role: 'system', content }];
    const history = async (said: number): Promise<FittingHistory> => {
      if (agent === undefined || answerer === undefined || earlier === undefined) return NO_HISTORY;
      const [model] = answerer.models;
      const tools = answerer.tools.definitions;
      const { request } = run;
      const options = { agent, model, request, instructions, tools, said, signal };
      const fitting = await this.history.before(earlier, options);
      if (fitting.summing !== undefined) tally.addCall(fitting.summing);
      return fitting;
    };
    return new Prompt({ instructions, question, history });
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
}

/** Ends the run where it takes longer than its request and its agent allow. */
function deadlineOf(
  run: Run,
  agent: AgentConfig | undefined,
  { progress, signal }: RunContext,
): RunDeadline {
  const limits = [run.request.timeLimitMs, agent?.limits.timeMs].filter((one) => one !== undefined);
  const limitMs = limits.length === 0 ? undefined : Math.min(...limits);
  // What another process has measured is known by the calendar alone, which counts waits as well: the
  // time begins anew with a decision.
  const since = Math.max(run.createdAt, progress.decidedAt ?? 0);
  const isKnown = isTakenOver(run) && !isWaiting(progress);
  return new RunDeadline(limitMs, isKnown ? Math.max(0, Date.now() - since) : 0, signal);
}

/** Tells of a wait, and stops the clock for as long. */
function pausing(deadline: RunDeadline, { setWaiting }: RunContext): RunContext['setWaiting'] {
  return async (isWaiting) => {
    await setWaiting(isWaiting);
    if (isWaiting) deadline.pause();
    else deadline.resume();
  };
}
