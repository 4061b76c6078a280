import type { ProblemCode } from '../http/problem.js';
import type { Usage } from '../models/model-stream.js';

/** Why a run's answer ended. */
export type FinishReason =
  'stop' | 'length' | 'content_filter' | 'tool_limit' | 'turn_limit' | 'cancelled' | 'error';

/** Why a model call ended: as an answer does, or because the model asks for tools first. */
export type TurnEnd = FinishReason | 'tool_calls';

/** A tool call that a model asked for, whole. */
export interface ToolCall {
  id: string;
  name: string;
  arguments: unknown;
  /** What its provider wants to have back with it. Never shown to readers. */
  extra?: unknown;
}

/** What became of a tool call. */
export interface ToolResult {
  /** The id of the call. */
  id: string;
  name: string;
  content: string;
  isError: boolean;
}

/** How far a tool call has come, as its tool tells it. */
export interface ToolCallProgress {
  /** The id of the call. */
  id: string;
  name: string;
  message?: string;
  /** How much is done, in the tool's own unit. */
  progress?: number;
  /** How much there is to do. */
  total?: number;
}

/** What somebody has decided on a tool call that needed approval. */
export interface ApprovalDecision {
  /** The id of the call. */
  id: string;
  decision: 'approve' | 'reject';
  /** Why, in words that the model gets; with `reject` only. */
  reason?: string;
  /** What the tool is to be called with instead; with `approve` only. */
  arguments?: unknown;
  /** Who has decided: a caller, or the agent's policy because nobody has in time. */
  by: 'caller' | 'timeout';
}

/** The failure of a run, as its readers may see it. */
export interface RunFailure {
  code: ProblemCode;
  /** In our own words; never what a provider said. */
  message: string;
  /** Whether the same request may succeed later. */
  retryable: boolean;
  /** Seconds after which a retry makes sense, where the provider said so. */
  retryAfter?: number;
}

/** How long a run took, in milliseconds from its beginning, measured by a monotonic clock. */
export interface RunTimings {
  /** Until the first piece of text; null where none came. */
  firstTokenMs: number | null;
  totalMs: number;
}

/** How a run ended; all that a terminal event says. */
export interface Settlement {
  finishReason: FinishReason;
  usage: Usage;
  timings: RunTimings;
  /** Model calls made for the answer, the first included. */
  attempts: number;
  /** The answer as a value, where `response_format` asked for one; null where it was cut short. */
  output?: unknown;
  /** Present where the value is not that of the text, which did not fit: the model has corrected it. */
  repaired?: true;
  /** Present on `failed` only. */
  error?: RunFailure;
}

/** The state in which a run ends, and the type of the event that ends it. */
export type TerminalState = 'completed' | 'failed' | 'cancelled';

/** The one event that ends each accepted run. */
export type TerminalEventBody = { type: TerminalState } & Settlement;

/** What happened in a run; `RunEvent` without its place in the log. */
export type RunEventBody =
  | {
      type: 'text';
      text: string;
      /** On a run's first piece: how long it took to come, in milliseconds (`RunTimings`). */
      firstTokenMs?: number;
    }
  | { type: 'reasoning'; text: string }
  | { type: 'tool_call_delta'; toolCall: { id: string; name: string; argumentsDelta: string } }
  | { type: 'tool_call'; toolCall: ToolCall }
  /** From here on the call may have had its effect. Never shown to readers. */
  | { type: 'tool_started'; id: string }
  | { type: 'tool_progress'; toolProgress: ToolCallProgress }
  | { type: 'tool_result'; toolResult: ToolResult }
  /** Calls wait for somebody to decide on them, until a time in milliseconds since the epoch. */
  | { type: 'approval_required'; approvals: readonly ToolCall[]; decideBefore: number }
  /** `decidedAt` is in milliseconds since the epoch. */
  | { type: 'approval_decided'; decisions: readonly ApprovalDecision[]; decidedAt: number }
  /** A further model call goes on with the answer; `attempt` counts the calls from 1. */
  | { type: 'provider_switched'; attempt: number }
  /** The model call has come to its end: what follows from it is ours. Never shown to readers. */
  | { type: 'turn_finished'; finishReason: TurnEnd; usage?: Usage }
  | { type: 'usage'; usage: Usage }
  | TerminalEventBody;

/** One entry of a run log. `seq` counts from 1 without gaps and is a reader's position. */
export type RunEvent = RunEventBody & { readonly seq: number };

export type TerminalEvent = TerminalEventBody & { readonly seq: number };

export function isTerminal(event: RunEvent): event is TerminalEvent {
  return event.type === 'completed' || event.type === 'failed' || event.type === 'cancelled';
}
