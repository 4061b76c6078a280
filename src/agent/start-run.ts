import type { IdempotencyKey, Owner, RunRequest } from '../runs/run.js';

/** What to do when the session already has a run. */
export type OnBusy = 'reject' | 'queue';

/** A validated request to start a run. */
export interface StartRun {
  owner: Owner;
  /** A model's name. @default the agent's model, else the service's */
  model?: string | undefined;
  /** @default the default agent */
  agent?: string | undefined;
  /** Whether it is a message of a session, rather than a conversation of its own. */
  inSession: boolean;
  /** The session to continue; a new one is made where absent. */
  sessionId?: string | undefined;
  /** The message of the session that the request's takes the place of, on a branch of its own. */
  editMessageId?: string;
  /** Whether the session's last message of the user is to be answered once more. */
  regenerate?: true;
  onBusy: OnBusy;
  request: RunRequest;
  metadata: Readonly<Record<string, string>>;
  idempotency?: IdempotencyKey | undefined;
  /** The last event that the caller has seen (`Last-Event-ID`). */
  after?: number | undefined;
  requestId?: string | undefined;
}
