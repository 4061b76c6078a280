import { Injectable } from '@nestjs/common';
import type { AgentConfig } from '../config/agents-config.js';
import type { Continuation as ContinuationMode } from '../config/models-config.js';
import { ProblemError } from '../http/problem.js';
import { ModelRegistry, type Model } from '../models/model-registry.js';
import type { ModelMessage } from '../models/model-stream.js';
import { countTokens } from '../models/token-count.js';
import { RunCancelledError, RunInterruptedError, RunReleasedError } from '../runs/run-errors.js';
import type { RunEventBody } from '../runs/run-event.js';
import type { OpenToolCall, RunProgress } from '../runs/run-progress.js';
import type { RunContext, RunOutcome } from '../runs/run-work.js';
import { isTakenOver, type Run, type RunRequest } from '../runs/run.js';
import { AnswererGoneError } from './agent-errors.js';
import { AgentRegistry } from './agent-registry.js';
import { continuationOf, type Continuation, type CutAnswer } from './continuation/continuation.js';
import { NotContinuedError } from './continuation/seam.js';
import { ModelAnswer } from './model-answer.js';
import { asksForValue, parseModelJson } from './model-json.js';
import { UsageMeter, usageOf, type MadeCall } from './usage-meter.js';

/** What an agent is to do: answer a conversation. */
export interface AgentTask {
  run: Run;
  /** The message to answer last; without the agent's instructions. */
  conversation: readonly ModelMessage[];
}

/** A model call that begins an answer, or goes on with it. */
interface Turn {
  request: RunRequest;
  model: Model;
  continuation: Continuation;
  maxTokens: number | undefined;
  /** The calls of the owners before this one. */
  earlier: readonly MadeCall[];
}

/** An agent at work: calls the model and yields what happens as run events. */
@Injectable()
export class AgentLoop {
  constructor(
    private readonly agents: AgentRegistry,
    private readonly models: ModelRegistry,
  ) {}

  /**
   * Answers, or goes on where the log of the run stands.
   * @throws AgentNotFoundError, ModelNotFoundError, ModelUnavailableError for a run that nobody has
   * worked on before
   * @throws RunReleasedError
   */
  async *run(
    { run, conversation }: AgentTask,
    context: RunContext,
  ): AsyncGenerator<readonly RunEventBody[], RunOutcome, void> {
    const { progress, interrupted } = context;
    const { finished, text } = progress;
    const { request } = run;
    const asked = {
      messages: promptOf(this.agents.find(run.agent), conversation),
      asksForValue: asksForValue(request.responseFormat),
    };
    const model = this.#answerer(run);
    const mode = model instanceof AnswererGoneError ? 'instruct' : model.config.continuation;
    const earlier = earlierCalls(progress, mode, asked);
    if (finished !== undefined) {
      return {
        state: 'completed',
        finishReason: finished.finishReason,
        text,
        usage: await usageOf(earlier),
        attempts: earlier.length,
        ...valueOf(text, request),
      };
    }
    const failed = async (error: ProblemError): Promise<RunOutcome> => ({
      state: 'failed',
      finishReason: 'error',
      text,
      usage: await usageOf(earlier),
      attempts: earlier.length,
      error,
    });
    if (interrupted !== undefined) return failed(interrupted);
    if (model instanceof AnswererGoneError) return failed(model);
    const continuation = continuationOf(mode, { ...asked, partial: text });
    if (continuation === undefined) {
      return failed(cutOff('and its model is configured not to go on with one.'));
    }
    const maxTokens = await tokensLeft(request.maxTokens, continuation.anew ? '' : text);
    if (maxTokens === 0) {
      const attempts = earlier.length;
      const usage = await usageOf(earlier);
      const value = valueOf(text, request);
      return { state: 'completed', finishReason: 'length', text, usage, attempts, ...value };
    }
    return yield* this.#turn({ request, model, continuation, maxTokens, earlier }, context);
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

  async *#turn(
    { request, model, continuation, maxTokens, earlier }: Turn,
    { signal, progress }: RunContext,
  ): AsyncGenerator<readonly RunEventBody[], RunOutcome, void> {
    const { messages, seam } = continuation;
    const attempts = earlier.length + 1;
    const { text, callIds, openCalls } = progress;
    const answer = new ModelAnswer({ text, callIds, seam });
    const meter = new UsageMeter(earlier, messages, answer);
    const tellsUsage = request.include.includes('usage');
    const ended = async (how: Partial<RunOutcome>): Promise<RunOutcome> => {
      const call = { prompt: messages, output: answer.output.join(''), usage: answer.usage };
      return {
        state: 'completed',
        finishReason: answer.finishReason,
        usage: await usageOf([...earlier, call]),
        attempts,
        text: answer.text,
        ...how,
      };
    };

    // A log that is empty stays so until the model says something: only then does a stream open.
    if (earlier.length > 0) {
      yield [{ type: 'provider_switched', attempt: attempts }, ...openCalls.map(abandoned)];
    }
    try {
      const { temperature, responseFormat } = request;
      const call = { messages, maxTokens, temperature, responseFormat, signal };
      for await (const deltas of this.models.stream(model, call)) {
        const events = answer.take(deltas);
        const usage = tellsUsage ? meter.next() : undefined;
        yield usage === undefined ? events : [{ type: 'usage', usage }, ...events];
      }
    } catch (error) {
      // An aborted stream throws the signal's reason: a cancel, or what the run is to fail with.
      if (error instanceof RunReleasedError) throw error;
      if (error instanceof RunCancelledError) {
        return ended({ state: 'cancelled', finishReason: 'cancelled' });
      }
      return ended({ state: 'failed', finishReason: 'error', error: asFailure(error) });
    }
    return ended(valueOf(answer.text, request));
  }
}

function promptOf(
  agent: AgentConfig | undefined,
  conversation: readonly ModelMessage[],
): readonly ModelMessage[] {
  if (agent === undefined) return conversation;
  return [{ role: 'system', content: agent.instructions }, ...conversation];
}

/**
 * The model calls that the log tells of, by what each was given: a later one also what it was to go on
 * with, and how. Those that were cut have no usage of their provider's.
 */
function earlierCalls(
  { attempts, finished }: RunProgress,
  mode: ContinuationMode,
  asked: Omit<CutAnswer, 'partial'>,
): MadeCall[] {
  return attempts.map(({ before, output }, index) => ({
    prompt: continuationOf(mode, { ...asked, partial: before })?.messages ?? asked.messages,
    output,
    usage: index === attempts.length - 1 ? finished?.usage : undefined,
  }));
}

/**
 * What is left of the most tokens of an answer: by our count, since that of the text so far is known
 * to nobody. Reasoning that was cut is not counted: it is done again.
 */
async function tokensLeft(most: number | undefined, text: string): Promise<number | undefined> {
  if (most === undefined || text === '') return most;
  return Math.max(0, most - (await countTokens(text)));
}

function abandoned({ id, name }: OpenToolCall): RunEventBody {
  const content = 'This call was given up: it was interrupted before it had come to an end.';
  return { type: 'tool_result', toolResult: { id, name, content, isError: true } };
}

/** The value of an answer, where one was asked for; null where it is none. */
function valueOf(text: string, { responseFormat }: RunRequest): { output?: unknown } {
  return asksForValue(responseFormat) ? { output: parseModelJson(text)?.value ?? null } : {};
}

function cutOff(why: string): RunInterruptedError {
  return new RunInterruptedError(`This answer was interrupted, ${why}`);
}

function asFailure(error: unknown): unknown {
  return error instanceof NotContinuedError
    ? cutOff('and the model did not go on with it but gave another one.')
    : error;
}
