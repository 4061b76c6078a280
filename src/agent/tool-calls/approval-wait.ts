import type { ApprovalDecision, RunEventBody } from '../../runs/run-event.js';
import type { CallProgress } from '../../runs/run-progress.js';
import { ApprovalDecidedError, ApprovalNotFoundError } from './approval-errors.js';

/** A timer cannot be set for longer, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** What a wait is made of. */
export interface ApprovalWaitOptions {
  runId: string;
  /** The calls that need a decision, those that have one included. */
  calls: readonly CallProgress[];
  /** Longest wait from now, in milliseconds. */
  timeoutMs: number;
  /** Logs what is decided; what rejects leaves the calls undecided. */
  append(this: void, event: RunEventBody): Promise<unknown>;
  /** Called once all calls are decided on, before any of them goes on. */
  decided(this: void): Promise<void>;
  /** What becomes of calls that nobody has decided on in time. */
  late: 'approve' | 'reject';
}

interface Undecided {
  call: CallProgress;
  resolve(decision: ApprovalDecision): void;
  reject(reason: unknown): void;
}

/** The tool calls of one turn that wait for somebody to decide on them, each by itself. */
export class ApprovalWait {
  readonly #undecided = new Map<string, Undecided>();
  readonly #decisions = new Map<string, Promise<ApprovalDecision>>();
  /** Those whose decision is being logged. */
  readonly #taken = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isLate = false;

  constructor(private readonly options: ApprovalWaitOptions) {
    for (const call of options.calls) {
      const { promise, resolve, reject } = Promise.withResolvers<ApprovalDecision>();
      // Nobody may be asking yet when the wait is stopped.
      promise.catch(() => undefined);
      this.#decisions.set(call.id, promise);
      if (call.decision !== undefined) resolve(call.decision);
      else this.#undecided.set(call.id, { call, resolve, reject });
    }
  }

  /** Whether time has decided, and nobody else. */
  get isLate(): boolean {
    return this.#isLate;
  }

  /** The calls that nobody has decided on yet. */
  get undecided(): readonly CallProgress[] {
    return [...this.#undecided.values()].map(({ call }) => call);
  }

  /** What was decided on a call; undefined for one that needs no decision. */
  decisionOn(id: string): Promise<ApprovalDecision> | undefined {
    return this.#decisions.get(id);
  }

  /** Begins to count the time. */
  start(): void {
    this.#arm(performance.now() + this.options.timeoutMs);
  }

  /**
   * Takes decisions: all of them or none.
   * @throws ApprovalNotFoundError, ApprovalDecidedError, and what `append` throws
   */
  async decide(decisions: readonly ApprovalDecision[]): Promise<void> {
    const { runId } = this.options;
    for (const { id } of decisions) {
      if (!this.#decisions.has(id)) throw new ApprovalNotFoundError(runId, id);
      const isOpen = this.#undecided.has(id) && !this.#taken.has(id);
      if (!isOpen) throw new ApprovalDecidedError(runId, id);
    }
    for (const { id } of decisions) this.#taken.add(id);
    try {
      await this.options.append({ type: 'approval_decided', decisions, decidedAt: Date.now() });
    } finally {
      for (const { id } of decisions) this.#taken.delete(id);
    }
    const decided = decisions.map((decision) => {
      const waiting = this.#undecided.get(decision.id);
      this.#undecided.delete(decision.id);
      return { decision, waiting };
    });
    try {
      if (this.#undecided.size === 0) await this.#end();
      for (const { decision, waiting } of decided) waiting?.resolve(decision);
    } catch (error) {
      for (const { waiting } of decided) waiting?.reject(error);
      throw error;
    }
  }

  /** Ends the wait before its time. */
  stop(reason: unknown): void {
    clearTimeout(this.#timer);
    for (const waiting of this.#undecided.values()) waiting.reject(reason);
    this.#undecided.clear();
  }

  async #end(): Promise<void> {
    clearTimeout(this.#timer);
    await this.options.decided();
  }

  #arm(until: number): void {
    const left = until - performance.now();
    if (this.#undecided.size === 0) return;
    this.#timer = setTimeout(
      () => (left > LONGEST_TIMER ? this.#arm(until) : this.#expire()),
      Math.min(Math.max(left, 0), LONGEST_TIMER),
    ).unref();
  }

  #expire(): void {
    const { late } = this.options;
    const open = [...this.#undecided.keys()].filter((id) => !this.#taken.has(id));
    if (open.length === 0) return;
    this.#isLate = true;
    const reason = late === 'reject' ? { reason: 'Nobody has decided in time.' } : {};
    const decisions = open.map((id) => ({ id, decision: late, ...reason, by: 'timeout' as const }));
    this.decide(decisions).catch((error: unknown) => this.stop(error));
  }
}
