import type { FinishReason, RunEventBody, TerminalState } from './run-event.js';
import type { RunInterruptedError } from './run-errors.js';
import type { RunProgress } from './run-progress.js';
import type { Usage } from '../models/model-stream.js';

/** How the work of a run came out. */
export interface RunOutcome {
  state: TerminalState;
  finishReason: FinishReason;
  /** What the reader was told: partial where the work ended before its time. */
  text: string;
  usage: Usage;
  /** Model calls made, the first included. */
  attempts: number;
  output?: unknown;
  /** Whether the output is the model's correction of a text that did not fit. */
  repaired?: true;
  /** What went wrong; present where `state` is `failed`. */
  error?: unknown;
}

/** What the work of a run is given. */
export interface RunContext {
  /**
   * Says what has happened: the events that arrived together as one array. Resolves when they are
   * logged, and rejects when they cannot be: the work then has to throw what it is given.
   */
  append(this: void, events: readonly RunEventBody[]): Promise<void>;
  /**
   * Aborted when the work is to end before its time. The reason says why: a `RunCancelledError`, a
   * `RunReleasedError`, which the work must throw on, or the error that the run fails with.
   */
  signal: AbortSignal;
  /**
   * Says that the work waits for a decision of the caller's, or waits no longer: others are told so, and
   * it takes no place meanwhile.
   */
  setWaiting(this: void, isWaiting: boolean): Promise<void>;
  /** Where to go on; `NO_PROGRESS` for a run that nobody has worked on before. */
  progress: RunProgress;
  /**
   * Set where the run cannot be gone on with: the work is to end with this failure, and with the text
   * and the usage that there are.
   */
  interrupted?: RunInterruptedError | undefined;
}

/**
 * The work of a run: appends what happens, and resolves with how it came out. What it throws fails
 * the run. It is no generator of events: each layer of one would cost every piece of every answer.
 */
export type RunWork = (context: RunContext) => Promise<RunOutcome>;

/** The outcome of work that came to nothing. */
export const NO_OUTCOME: RunOutcome = {
  state: 'failed',
  finishReason: 'error',
  text: '',
  usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
  attempts: 0,
};

/** Work that fails at once. */
export function failingWith(error: unknown): RunWork {
  return async () => {
    throw error;
  };
}
