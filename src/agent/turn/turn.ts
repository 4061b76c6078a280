import type { Continuation as ContinuationMode } from '../../config/models-config.js';
import type { Model } from '../../models/model-registry.js';
import type { ModelMessage, ModelTool } from '../../models/model-stream.js';
import { countTokens } from '../../models/token-count.js';
import type { RunEventBody, ToolCall } from '../../runs/run-event.js';
import type { OpenToolCall, TurnProgress } from '../../runs/run-progress.js';
import type { RunRequest } from '../../runs/run.js';
import { continuationOf, type Continuation } from '../continuation/continuation.js';
import { givenUp } from '../tool-calls/results.js';
import { Attempt } from './attempt.js';
import { ModelAnswer } from './model-answer.js';
import { asksForValue } from './model-json.js';
import type { RunTally } from './run-tally.js';
import type { MadeCall } from './usage-meter.js';

/** What a turn is to answer. */
export interface Question {
  request: RunRequest;
  /** The agent's instructions, the conversation, and what the turns before have come to. */
  messages: readonly ModelMessage[];
  tools: readonly ModelTool[];
}

/**
 * One turn of a run: what a model says to the messages so far. It takes one model call, or several
 * where one was cut, those of the owners before this one too.
 */
export class Turn {
  /** What stands before its text in the answer. */
  readonly #break: string;
  #text: string;
  #reasoning: string;
  #openCalls: readonly OpenToolCall[];
  #calls: readonly ToolCall[];
  #isBegun: boolean;
  /** Calls that said something. */
  #answered: number;

  /** @param mode how the calls of the owners before went on with what there was */
  constructor(
    readonly question: Question,
    private readonly tally: RunTally,
    progress: TurnProgress,
    mode: ContinuationMode,
  ) {
    this.#break = tally.break;
    this.#text = progress.text;
    this.#reasoning = progress.reasoning;
    this.#openCalls = progress.openCalls;
    this.#calls = progress.calls;
    this.#answered = progress.attempts.length;
    this.#isBegun = this.#answered > 0;
    for (const call of this.#earlierCalls(progress, mode)) tally.addCall(call);
  }

  /** What the model has said in it. */
  get text(): string {
    return this.#text;
  }

  /** What the model has thought in its last call. */
  get reasoning(): string {
    return this.#reasoning;
  }

  /** The tool calls that it has come to. */
  get calls(): readonly ToolCall[] {
    return this.#calls;
  }

  /** How often it has been gone on with. */
  get continuations(): number {
    return Math.max(0, this.#answered - 1);
  }

  /** What is said of the tool calls that nobody will come to the end of, once it goes on or ends. */
  get abandonedCalls(): readonly RunEventBody[] {
    return this.#openCalls.map(givenUp);
  }

  /** Whether a model can go on with it: one that is configured not to must begin it. */
  canBeContinuedBy({ config }: Model): boolean {
    return this.#continuation(config.continuation) !== undefined;
  }

  /**
   * The call of a model that begins the turn, or goes on with it.
   * @returns undefined where no token is left to be answered with
   */
  async attempt({ config }: Model): Promise<Attempt | undefined> {
    const { request, tools } = this.question;
    const continuation = this.#continuation(config.continuation)!;
    const maxTokens = await tokensLeft(request.maxTokens, continuation.anew ? '' : this.#text);
    if (maxTokens === 0) return undefined;
    const { messages, seam } = continuation;
    const { callIds } = this.tally;
    const answer = new ModelAnswer({ text: this.#text, lead: this.#break, callIds, seam });
    return new Attempt(answer, {
      messages,
      tools,
      maxTokens,
      number: this.tally.attempts + 1,
      // Until a model says something, nothing of the turn is in the log: only then does a stream open.
      announcement: this.#isBegun ? this.abandonedCalls : undefined,
      earlier: this.tally.made,
      tellsUsage: request.include.includes('usage'),
    });
  }

  /**
   * Takes up what a call has brought, however it ended.
   * @param isStopped whether we have ended it: its provider was at work, and counts what it was given
   */
  add({ answer, messages, hasEvents }: Attempt, isStopped = false): void {
    const { output, usage } = answer;
    this.tally.countAttempt(hasEvents ? answer.callIds : []);
    this.#text = answer.text;
    this.#reasoning = answer.reasoning;
    if (output.length > 0) this.#answered += 1;
    if (hasEvents) {
      this.#isBegun = true;
      this.#openCalls = answer.openCalls;
      this.#calls = answer.calls;
    }
    // One that was never answered has, as far as anybody knows, cost nothing.
    if (isStopped || answer.isFinished || output.length > 0 || usage !== undefined) {
      this.tally.addCall(this.#made(messages, output.join(''), usage));
    }
  }

  #continuation(mode: ContinuationMode, partial = this.#text): Continuation | undefined {
    const { messages, request } = this.question;
    const asked = { messages, asksForValue: asksForValue(request.responseFormat) };
    return continuationOf(mode, { ...asked, partial });
  }

  /**
   * The model calls that the log tells of, by what each was given: a later one also what it was to go
   * on with, and how. Those that were cut have no usage of their provider's.
   */
  #earlierCalls({ attempts, finished }: TurnProgress, mode: ContinuationMode): MadeCall[] {
    return attempts.map(({ before, output }, index) => {
      const prompt = this.#continuation(mode, before)?.messages ?? this.question.messages;
      const usage = index === attempts.length - 1 ? finished?.usage : undefined;
      return this.#made(prompt, output, usage);
    });
  }

  #made(prompt: readonly ModelMessage[], output: string, usage: MadeCall['usage']): MadeCall {
    return { prompt, tools: this.question.tools, output, usage };
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
