import type { AgentConfig } from '../config/agents-config.js';
import type { Continuation } from '../config/models-config.js';
import type { Model } from '../models/model-registry.js';
import type { FinishReason, ToolResult, TurnEnd } from '../runs/run-event.js';
import { NO_TURN, type CallProgress, type TurnProgress } from '../runs/run-progress.js';
import type { RunContext, RunOutcome } from '../runs/run-work.js';
import type { Run } from '../runs/run.js';
import type { AgentTools } from '../tools/tool.js';
import type { Prompt } from './history/prompt.js';
import type { Approvals } from './tool-calls/approvals.js';
import { ToolRound } from './tool-calls/tool-round.js';
import { messagesOf, type SaidMessage } from './transcript.js';
import type { ModelTurns } from './turn/model-turns.js';
import type { RunTally } from './turn/run-tally.js';
import { Turn } from './turn/turn.js';

/** What an agent answers with: its models in their order, and its tools. */
export interface Answerer {
  models: readonly [Model, ...Model[]];
  tools: AgentTools;
}

/** What one run of an agent is made of. */
export interface AgentRunOptions {
  run: Run;
  agent: AgentConfig;
  /** What comes before what the run says. */
  prompt: Prompt;
  /** How the calls of the owners before went on with what there was. */
  mode: Continuation;
  tally: RunTally;
  /** Undefined where nobody can go on: only what has come to its end already is taken up. */
  answerer: Answerer | undefined;
}

/** What the loop works with. */
export interface AgentRunParts {
  turns: ModelTurns;
  approvals: Approvals;
}

/** How the turns of a run have ended. */
export type AgentRunEnd =
  | { end: FinishReason; turn: Turn }
  | { failure: unknown }
  /** The run is at a place where only an answerer could go on. */
  | { isStuck: true };

const NOT_MADE = 'This call was not made';

/** One run of an agent: turn after turn, with the tool calls that each has led to. */
export class AgentRun {
  readonly #said: SaidMessage[] = [];
  #turn: Turn | undefined;
  #round: ToolRound | undefined;
  /** Tool calls of the turns before. */
  #calls = 0;

  constructor(
    private readonly options: AgentRunOptions,
    private readonly context: RunContext,
    private readonly parts: AgentRunParts,
  ) {}

  /** What the run has added to its conversation so far; once it has been closed, all of it. */
  get said(): readonly SaidMessage[] {
    return this.#said;
  }

  /**
   * Goes through the turns, those of the owners before first, until one comes to an end that is the
   * run's.
   * @throws the reason of the signal, when that is aborted; and what `append` throws
   */
  async toItsEnd(): Promise<AgentRunEnd> {
    const { turns } = this.context.progress;
    for (let index = 0; ; index += 1) {
      const known = turns[index] ?? NO_TURN;
      const turn = await this.#begin(known);
      const end = known.finished?.finishReason ?? (await this.#finish(turn));
      if (typeof end === 'object') return end;
      if (end !== 'tool_calls') return { end, turn };
      // Nobody has offered it any: there is nothing to make and nothing to tell it.
      if (!this.#hasTools(known)) return { end: 'tool_limit', turn };
      const limit = await this.#limitAfter(index + 1);
      const calls = known.calls.length > 0 ? known.calls : turn.calls.map(notStarted);
      const ended = await this.#make(calls, limit);
      if (ended !== undefined) return typeof ended === 'object' ? ended : { end: ended, turn };
    }
  }

  /**
   * Takes up what is under way and will not be gone on with.
   * @param why what is said of tool calls that were not made
   */
  async close(why: string): Promise<void> {
    const abandoned = this.#turn?.abandonedCalls ?? [];
    if (abandoned.length > 0) await this.context.append(abandoned);
    await this.#round?.abandon(`${NOT_MADE}: ${why}`);
    this.#settle();
  }

  /** What the run comes to; to be asked once it is closed. */
  async outcome(
    how: Pick<RunOutcome, 'state' | 'finishReason'> & Partial<RunOutcome>,
  ): Promise<RunOutcome> {
    const { tally } = this.options;
    return { text: tally.text, usage: await tally.usage(), attempts: tally.attempts, ...how };
  }

  async #begin(known: TurnProgress): Promise<Turn> {
    const { run, prompt, mode, tally, answerer } = this.options;
    const messages = await prompt.with(this.#said);
    const tools = answerer?.tools.definitions ?? [];
    const turn = new Turn({ request: run.request, messages, tools }, tally, known, mode);
    this.#turn = turn;
    return turn;
  }

  async #finish(turn: Turn): Promise<TurnEnd | AgentRunEnd> {
    const { run, answerer } = this.options;
    if (answerer === undefined) return { isStuck: true };
    const { append, signal } = this.context;
    const outcome = await this.parts.turns.finish(turn, answerer.models, { run, append, signal });
    return 'failure' in outcome ? outcome : outcome.end;
  }

  #hasTools(known: TurnProgress): boolean {
    const { answerer } = this.options;
    if (answerer === undefined) return true;
    return answerer.tools.definitions.length > 0 || known.calls.some(isUnderWay);
  }

  /** Which limit keeps the model from another turn after so many. */
  async #limitAfter(turns: number): Promise<'turn_limit' | 'length' | undefined> {
    const { agent, tally } = this.options;
    if (turns >= agent.limits.turns) return 'turn_limit';
    const { tokens } = agent.limits;
    if (tokens === undefined || (await tally.usage()).totalTokens < tokens) return undefined;
    return 'length';
  }

  /** Makes the calls of a turn. @returns how the run ends with them; undefined where it goes on */
  async #make(
    calls: readonly CallProgress[],
    limit: 'turn_limit' | 'length' | undefined,
  ): Promise<FinishReason | AgentRunEnd | undefined> {
    const { run, agent, answerer } = this.options;
    const left = agent.limits.toolCalls - this.#calls;
    const tools = answerer?.tools ?? NO_TOOLS;
    const allowed = limit === undefined ? left : 0;
    const beyond = `${NOT_MADE}: the run has reached its limit of ${LIMITS[limit ?? 'tool_limit']}.`;
    const options = { run, agent, tools, calls, allowed, beyond };
    this.#round = new ToolRound(options, this.context, this.parts.approvals);
    const isDone = calls.every(({ result }) => result !== undefined);
    if (!isDone && answerer === undefined) return { isStuck: true };
    if (!isDone) await this.#round.perform();
    this.#calls += calls.length;
    this.#settle();
    return limit ?? (calls.length > left ? 'tool_limit' : undefined);
  }

  /** The turn and its calls are a part of the conversation now. */
  #settle(): void {
    const turn = this.#turn;
    if (turn === undefined) return;
    const { text, reasoning, calls } = turn;
    const results = this.#round?.results ?? new Map<string, ToolResult>();
    this.#said.push(...messagesOf({ text, reasoning, calls, results }));
    this.options.tally.addText(text);
    this.#turn = undefined;
    this.#round = undefined;
  }
}

const LIMITS = { turn_limit: 'turns', length: 'tokens', tool_limit: 'tool calls' } as const;

/** Those of an agent that is not there any more. */
export const NO_TOOLS: AgentTools = {
  definitions: [],
  find: () => undefined,
  call: async (name) => ({ content: `There is no tool ${JSON.stringify(name)}.`, isError: true }),
};

function notStarted(call: CallProgress | Omit<CallProgress, 'isStarted'>): CallProgress {
  return { ...call, isStarted: false };
}

function isUnderWay({ isStarted, decideBefore, result }: CallProgress): boolean {
  return isStarted || decideBefore !== undefined || result !== undefined;
}
