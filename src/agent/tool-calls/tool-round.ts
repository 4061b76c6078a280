import { filter, from, lastValueFrom, mergeMap } from 'rxjs';
import type { AgentConfig } from '../../config/agents-config.js';
import type { ApprovalDecision, ToolResult } from '../../runs/run-event.js';
import type { CallProgress, OpenToolCall } from '../../runs/run-progress.js';
import type { RunContext } from '../../runs/run-work.js';
import type { Run } from '../../runs/run.js';
import type { AgentTools, ToolContext, ToolOutput, ToolProgress } from '../../tools/tool.js';
import { ApprovalWait } from './approval-wait.js';
import { ApprovalTimeoutError } from './approval-errors.js';
import type { Approvals } from './approvals.js';
import { EventOutbox } from './event-outbox.js';
import { isNamed } from '../../tools/name-patterns.js';
import { interrupted, refused } from './results.js';

/** The tool calls that a turn has come to, and what they are made with. */
export interface RoundOptions {
  run: Run;
  agent: AgentConfig;
  tools: AgentTools;
  calls: readonly CallProgress[];
  /** How many of them may be made; those beyond are refused. */
  allowed: number;
  /** Why those beyond are refused. */
  beyond: string;
}

/** What a call is to be made with. */
interface ApprovedCall {
  call: CallProgress;
  decision: ApprovalDecision | undefined;
}

/** Makes the tool calls of one turn: asks who has to be asked, and says what happens as run events. */
export class ToolRound {
  readonly #outbox: EventOutbox;
  readonly #results = new Map<string, ToolResult>();
  readonly #started = new Set<string>();

  constructor(
    private readonly options: RoundOptions,
    private readonly context: Pick<RunContext, 'append' | 'setWaiting' | 'signal'>,
    private readonly approvals: Approvals,
  ) {
    this.#outbox = new EventOutbox(context.append);
    for (const { id, result, isStarted } of options.calls) {
      if (result !== undefined) this.#results.set(id, result);
      if (isStarted) this.#started.add(id);
    }
  }

  /** What has become of the calls so far. */
  get results(): ReadonlyMap<string, ToolResult> {
    return this.#results;
  }

  /** Says of the calls that nothing will come of that they have come to nothing. */
  async abandon(why: string): Promise<void> {
    const open = this.options.calls.filter(({ id }) => !this.#results.has(id));
    await Promise.all(
      open.map((call) =>
        this.#settle(this.#started.has(call.id) ? interrupted(call) : refused(call, why)),
      ),
    );
  }

  /**
   * Makes the calls that have no result yet, in parallel.
   * @throws the reason of the signal, when that is aborted; and what `append` throws
   * @throws ApprovalTimeoutError
   */
  async perform(): Promise<void> {
    const { run, calls, allowed, beyond, agent } = this.options;
    const { signal } = this.context;
    signal.throwIfAborted();
    await Promise.all(
      calls
        .slice(Math.max(0, allowed))
        .filter(({ id }) => !this.#results.has(id))
        .map((call) => this.#settle(refused(call, beyond))),
    );
    const open = calls.filter(({ id }) => !this.#results.has(id));
    if (open.length === 0) return;
    const wait = this.#waitFor(open);
    const stop = (): void => wait?.stop(signal.reason);
    signal.addEventListener('abort', stop);
    try {
      if (wait !== undefined) await this.#ask(wait);
      await this.#makeAll(open, wait);
    } finally {
      signal.removeEventListener('abort', stop);
      if (wait !== undefined) this.approvals.close(run.id, wait);
    }
    if (wait?.isLate && agent.approval.onTimeout === 'fail') throw new ApprovalTimeoutError();
  }

  /** Each as soon as it may be made; resolves when none of them is under way any more. */
  async #makeAll(open: readonly CallProgress[], wait: ApprovalWait | undefined): Promise<void> {
    const { agent } = this.options;
    const failures: unknown[] = [];
    const noted = <T>(work: Promise<T>): Promise<T | undefined> =>
      work.catch((error: unknown) => void failures.push(error));
    const approved = async (call: CallProgress): Promise<ApprovedCall> => ({
      call,
      decision: await wait?.decisionOn(call.id),
    });
    const made = from(open).pipe(
      mergeMap((call) => noted(approved(call))),
      filter((call) => call !== undefined),
      mergeMap((call) => noted(this.#make(call)), agent.limits.parallelToolCalls),
    );
    await lastValueFrom(made, { defaultValue: undefined });
    this.context.signal.throwIfAborted();
    if (failures.length > 0) throw failures[0];
  }

  /** What waits for the decisions that are needed; undefined where none is. */
  #waitFor(open: readonly CallProgress[]): ApprovalWait | undefined {
    const calls = open.filter((call) => this.#needsApproval(call));
    if (calls.length === 0) return undefined;
    const { run, agent } = this.options;
    const { timeoutMs, onTimeout } = agent.approval;
    const asked = calls.find(({ decideBefore }) => decideBefore !== undefined)?.decideBefore;
    return new ApprovalWait({
      runId: run.id,
      calls,
      timeoutMs: asked === undefined ? timeoutMs : asked - Date.now(),
      append: (event) => this.#outbox.push(event),
      decided: () => this.context.setWaiting(false),
      late: onTimeout === 'approve' ? 'approve' : 'reject',
    });
  }

  /** Asks for the decisions, unless an owner before has. */
  async #ask(wait: ApprovalWait): Promise<void> {
    const { run, agent } = this.options;
    const { undecided } = wait;
    const isOpen = undecided.length > 0;
    // Before anybody hears of it: whoever does may ask how the run stands, or decide at once.
    await this.context.setWaiting(isOpen);
    if (!isOpen) return;
    this.approvals.open(run.id, wait);
    const unasked = undecided.filter(({ decideBefore }) => decideBefore === undefined);
    if (unasked.length > 0) {
      const approvals = unasked.map(({ id, name, arguments: args }) => ({
        id,
        name,
        arguments: args,
      }));
      const decideBefore = Date.now() + agent.approval.timeoutMs;
      await this.#outbox.push({ type: 'approval_required', approvals, decideBefore });
    }
    wait.start();
  }

  /** One whose tool is not there is refused without anybody's decision. */
  #needsApproval({ id, name, decideBefore }: CallProgress): boolean {
    if (decideBefore !== undefined) return true;
    const { agent, tools } = this.options;
    const tool = tools.find(name);
    if (tool === undefined || this.#started.has(id)) return false;
    const { required, exempt } = agent.approval;
    return (tool.needsApproval || isNamed(required, name)) && !isNamed(exempt, name);
  }

  async #make({ call, decision }: ApprovedCall): Promise<void> {
    const { tools } = this.options;
    const { id, name } = call;
    if (decision?.decision === 'reject') {
      const { reason } = decision;
      const why = reason === undefined ? '' : ` Reason: ${reason}`;
      return this.#settle(refused(call, `The user has rejected this call.${why}`));
    }
    if (this.#started.has(id)) {
      if (tools.find(name)?.idempotent !== true) return this.#settle(interrupted(call));
    } else {
      await this.#outbox.push({ type: 'tool_started', id });
      this.#started.add(id);
    }
    const changed = decision?.arguments;
    const args = changed ?? call.arguments;
    const { content, isError } = await this.#call(call, args);
    const told =
      changed === undefined
        ? ''
        : `The user has changed the arguments to ${JSON.stringify(changed)}.\n`;
    return this.#settle({
      type: 'tool_result',
      toolResult: { id, name, content: told + content, isError },
    });
  }

  #call({ id, name }: OpenToolCall, args: unknown): Promise<ToolOutput> {
    const { run, agent, tools } = this.options;
    const progress = (progress: ToolProgress): void => {
      if (this.#results.has(id)) return;
      this.#outbox.tell({ type: 'tool_progress', toolProgress: { id, name, ...progress } });
    };
    const context: ToolContext = {
      owner: run.owner,
      runId: run.id,
      sessionId: run.sessionId,
      agent,
      callId: id,
      idempotencyKey: `${run.id}:${id}`,
      signal: this.context.signal,
      progress,
    };
    return tools.call(name, args, context);
  }

  async #settle(event: ReturnType<typeof refused>): Promise<void> {
    if (event.type !== 'tool_result') return;
    this.#results.set(event.toolResult.id, event.toolResult);
    await this.#outbox.push(event);
  }
}
