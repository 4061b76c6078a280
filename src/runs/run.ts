import type { ModelMessage } from '../models/model-stream.js';
import type { Settlement, TerminalState } from './run-event.js';

/** Whose data it is. */
export type Owner = string;

/** The only owner until access control exists. */
export const LOCAL_OWNER: Owner = 'local';

export type RunState = 'queued' | 'running' | 'waiting' | TerminalState;

/** What a run's readers may be shown beside its text. */
export type Include = 'reasoning' | 'usage';

/** What to do with a run that nobody watches any more. */
export type OnDisconnect = 'continue' | 'cancel';

/** Where a run goes on in the messages of its session. */
export type RunBranch =
  /** The user's message follows this one; null: it begins the conversation anew. */
  | { parentId: string | null }
  /** This message of the user's is answered once more. */
  | { answers: string };

/** The resolved request of a run: all that is needed to do its work, or to do it again. */
export interface RunRequest {
  /** What the caller said: the new message of a session, or a whole conversation. */
  messages: readonly ModelMessage[];
  /** What the model is told beside, after the agent's own instructions. */
  instructions?: string | undefined;
  maxTokens?: number | undefined;
  temperature?: number | undefined;
  responseFormat?: Readonly<Record<string, unknown>> | undefined;
  include: readonly Include[];
  /** Longest time, waiting for approvals left out, in milliseconds. Undefined: the agent's limit. */
  timeLimitMs?: number | undefined;
  /** Whether messages and log are kept. @default true */
  store?: boolean | undefined;
  /** Where in its session the run goes on. Undefined: at the end of the current branch. */
  branch?: RunBranch | undefined;
  onDisconnect: OnDisconnect;
}

/** A caller's promise that two requests are one (the `Idempotency-Key` header). */
export interface IdempotencyKey {
  key: string;
  /** Digest of the validated body: the same key with another one is a conflict. */
  fingerprint: string;
}

/** Names a run within its owner's data. */
export interface RunKey {
  owner: Owner;
  id: string;
}

/** One execution of an agent. */
export interface Run extends RunKey {
  /** The conversation that it continues; null for a request with a conversation of its own. */
  sessionId: string | null;
  /** The model's name as it was asked for. */
  model: string;
  agent: string;
  state: RunState;
  /** The ownership under which it is worked on; see `RunLog.claim`. */
  epoch: number;
  /** How often it was taken over from an owner that had died, or could not go on with it. */
  takeovers: number;
  request: RunRequest;
  metadata: Readonly<Record<string, string>>;
  idempotency?: IdempotencyKey | undefined;
  /** The request that started it, for the logs. */
  requestId?: string | undefined;
  /** Milliseconds since the epoch, as all stored times. */
  createdAt: number;
  finishedAt: number | null;
  settlement?: Settlement | undefined;
}

/** Whether somebody has worked on the run, or waited to, before its present owner. */
export function isTakenOver(run: Run): boolean {
  return run.epoch > 1;
}

export function isFinished(state: RunState): state is TerminalState {
  return state === 'completed' || state === 'failed' || state === 'cancelled';
}
