import type { Continuation as ContinuationMode } from '../config/models-config.js';
import type { Model } from '../models/model-registry.js';
import type { ModelMessage } from '../models/model-stream.js';
import { countTokens } from '../models/token-count.js';
import type { RunEventBody } from '../runs/run-event.js';
import type { OpenToolCall, RunProgress } from '../runs/run-progress.js';
import type { RunOutcome } from '../runs/run-work.js';
import type { RunRequest } from '../runs/run.js';
import { continuationOf } from './continuation/continuation.js';
import { ModelAnswer } from './model-answer.js';
import { asksForValue, parseModelJson } from './model-json.js';
import { Turn } from './turn.js';
import { usageOf, type MadeCall } from './usage-meter.js';

/** What a run is to answer. */
export interface Question {
  request: RunRequest;
  /** The agent's instructions and the conversation. */
  messages: readonly ModelMessage[];
}

/** An answer as far as it has come: over all model calls, those of the owners before this one too. */
export class AnswerSoFar {
  #text: string;
  #callIds: readonly string[];
  #openCalls: readonly OpenToolCall[];
  #attempts: number;
  #isBegun: boolean;
  /** Calls that said something. */
  #answered: number;
  readonly #calls: MadeCall[];

  /** @param mode how the calls of the owners before went on with what there was */
  constructor(
    private readonly question: Question,
    progress: RunProgress,
    mode: ContinuationMode,
  ) {
    this.#text = progress.text;
    this.#callIds = progress.callIds;
    this.#openCalls = progress.openCalls;
    this.#attempts = progress.calls;
    this.#answered = progress.attempts.length;
    this.#isBegun = this.#answered > 0;
    this.#calls = this.#earlierCalls(progress, mode);
  }

  /** The text that readers have. */
  get text(): string {
    return this.#text;
  }

  /** How often it has been gone on with. */
  get continuations(): number {
    return Math.max(0, this.#answered - 1);
  }

  /** What is said of the tool calls that nobody will come to the end of, once the answer goes on or ends. */
  get abandonedCalls(): readonly RunEventBody[] {
    return this.#openCalls.map(abandoned);
  }

  /** Whether a model can go on with it: one that is configured not to must begin it. */
  canBeContinuedBy({ config }: Model): boolean {
    return this.#continuation(config.continuation) !== undefined;
  }

  /**
   * The call of a model that begins the answer, or goes on with it.
   * @returns undefined where no token is left to be answered with
   */
  async turn({ config }: Model): Promise<Turn | undefined> {
    const { request } = this.question;
    const continuation = this.#continuation(config.continuation)!;
    const maxTokens = await tokensLeft(request.maxTokens, continuation.anew ? '' : this.#text);
    if (maxTokens === 0) return undefined;
    const { messages, seam } = continuation;
    const answer = new ModelAnswer({ text: this.#text, callIds: this.#callIds, seam });
    return new Turn(answer, {
      messages,
      maxTokens,
      attempt: this.#attempts + 1,
      // A log that is empty stays so until a model says something: only then does a stream open.
      announcement: this.#isBegun ? this.abandonedCalls : undefined,
      earlier: this.#calls,
      tellsUsage: request.include.includes('usage'),
    });
  }

  /**
   * Takes up what a call has brought, however it ended.
   * @param isStopped whether we have ended it: its provider was at work, and counts what it was given
   */
  add(turn: Turn, isStopped = false): void {
    const { answer, messages } = turn;
    const { output, usage } = answer;
    this.#attempts += 1;
    this.#text = answer.text;
    if (output.length > 0) this.#answered += 1;
    if (turn.hasEvents) {
      this.#isBegun = true;
      this.#callIds = answer.callIds;
      this.#openCalls = answer.openCalls;
    }
    // One that was never answered has, as far as anybody knows, cost nothing.
    if (isStopped || answer.isFinished || output.length > 0 || usage !== undefined) {
      this.#calls.push({ prompt: messages, output: output.join(''), usage });
    }
  }

  /** What the run comes to. */
  async outcome(how: Partial<RunOutcome>): Promise<RunOutcome> {
    return {
      state: 'completed',
      finishReason: 'stop',
      text: this.#text,
      usage: await usageOf(this.#calls),
      attempts: this.#attempts,
      ...(how.state === undefined && this.#value()),
      ...how,
    };
  }

  #continuation(mode: ContinuationMode, partial = this.#text) {
    const { messages, request } = this.question;
    const asked = { messages, asksForValue: asksForValue(request.responseFormat) };
    return continuationOf(mode, { ...asked, partial });
  }

  /**
   * The model calls that the log tells of, by what each was given: a later one also what it was to go
   * on with, and how. Those that were cut have no usage of their provider's.
   */
  #earlierCalls({ attempts, finished }: RunProgress, mode: ContinuationMode): MadeCall[] {
    return attempts.map(({ before, output }, index) => ({
      prompt: this.#continuation(mode, before)?.messages ?? this.question.messages,
      output,
      usage: index === attempts.length - 1 ? finished?.usage : undefined,
    }));
  }

  /** The answer as a value, where one was asked for; null where it is none. */
  #value(): { output?: unknown } {
    const { responseFormat } = this.question.request;
    if (!asksForValue(responseFormat)) return {};
    return { output: parseModelJson(this.#text)?.value ?? null };
  }
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
