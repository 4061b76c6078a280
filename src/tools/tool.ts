import type { AgentConfig } from '../config/agents-config.js';

/** A JSON schema (draft 2020-12) of an object. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What is known of a tool before it is called. */
export interface ToolDefinition {
  /** What a model calls it by: letters, digits, `_` and `-`, 64 at most. */
  readonly name: string;
  /** What it is for; the model reads it. */
  readonly description: string;
  /** The JSON schema of its arguments. */
  readonly parameters: JsonSchema;
  /**
   * Whether it may run twice under one idempotency key: a call that was cut by the death of the
   * process then runs again. @default false
   */
  readonly idempotent: boolean;
  /** Whether a caller has to approve each call, unless the agent's policy exempts it. @default false */
  readonly needsApproval: boolean;
  /** Longest time of a call, in milliseconds. @default `TOOL_TIMEOUT` */
  readonly timeoutMs?: number;
}

/** How far a tool call has come, as its tool tells it. */
export interface ToolProgress {
  /** In words. */
  message?: string;
  /** How much is done, in whatever unit the tool counts; grows. */
  progress?: number;
  /** How much there is to do, in the same unit. */
  total?: number;
}

/** What a tool call is given beside its arguments. */
export interface ToolContext {
  readonly owner: string;
  readonly runId: string;
  /** Null for a run without a session. */
  readonly sessionId: string | null;
  readonly agent: AgentConfig;
  /** The model's id of the call. */
  readonly callId: string;
  /** The same for every try of this call, after a crash too, and for no other call. */
  readonly idempotencyKey: string;
  /** Aborted when the call took too long or its run is to end. */
  readonly signal: AbortSignal;
  /** Tells those who follow the run how far the call has come. */
  progress(this: void, progress: ToolProgress): void;
}

/** What became of a tool call, as the model and the readers get it. */
export interface ToolOutput {
  readonly content: string;
  readonly isError: boolean;
}

/** A tool that can be called. */
export interface Tool extends ToolDefinition {
  /**
   * Runs it with arguments as the model wrote them, read as JSON. What it throws becomes the call's
   * result, as an error.
   */
  run(args: unknown, context: ToolContext): Promise<ToolOutput>;
}

/** The tools of one agent. */
export interface AgentTools {
  /** All of them, in the order of the agent's entry. */
  readonly definitions: readonly ToolDefinition[];
  find(name: string): ToolDefinition | undefined;
  /**
   * Calls one. A tool that is unknown, fails, takes too long or is given bad arguments is a result
   * that says so.
   * @throws the reason of the context's signal, when that is aborted
   */
  call(name: string, args: unknown, context: ToolContext): Promise<ToolOutput>;
}
