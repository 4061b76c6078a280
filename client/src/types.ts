import type { components, operations } from './api/schema.js';

type Schemas = components['schemas'];

/** Chunks without a `type` say so, so that `chunk.type` tells them apart from the others. */
type Tagged<C> = C extends { type: unknown } ? C : C & { type?: undefined };

/**
 * One chunk of a streamed answer. `done` is true in the last one alone; of the others `type` tells the
 * kind, and a piece of the answer's text has none. Pass over kinds that you do not know.
 */
export type Chunk = Tagged<Schemas['Chunk']>;

/** A piece of the answer's text. */
export type TextChunk = Tagged<Schemas['TextChunk']>;

/** The last chunk of an answer that completed or was cancelled. */
export type LastChunk = Tagged<Schemas['LastChunk']>;

/** The last chunk of an answer that failed. */
export type FailureChunk = Tagged<Schemas['FailureChunk']>;

/** The body of `POST /api/v1/chat`, without `stream`, which the method says. */
export type ChatRequest = Omit<Schemas['ChatRequest'], 'stream' | 'background'>;

/** A whole answer. */
export type Answer = Schemas['Answer'];

/** A run that is not over yet: it goes on in the background, or waits for decisions. */
export type RunAccepted = Schemas['RunAccepted'];

/** A run: its state, and its text so far. */
export type Run = Schemas['RunDocument'];

/** What a run is doing. */
export type RunState = Run['state'];

/** What is decided of a tool call that waits for approval. */
export type Decision = Schemas['Decision'];

/** A conversation. */
export type Session = Schemas['SessionDocument'];

/** A message of a session. */
export type Message = Schemas['MessageDocument'];

/** One of the ways that a session went. */
export type Branch = Schemas['BranchDocument'];

/** A model that may be asked for. */
export type Model = Schemas['ModelDocument'];

/** An agent that may be asked for. */
export type Agent = Schemas['AgentDocument'];

/** The tokens that an answer took. */
export type Usage = Schemas['WireUsage'];

/** Problem details (RFC 9457), as the service writes them. */
export type Problem = Schemas['Problem'];

/** One page of a list. */
export interface Page<T> {
  data: T[];
  /** What the next page is asked for with; null: this is the last. */
  next_cursor: string | null;
}

type Query<Operation extends keyof operations> = NonNullable<
  operations[Operation]['parameters']['query']
>;

/** Which runs to list, newest first. */
export type RunQuery = Query<'listRuns'>;

/** Which sessions to list, newest first. */
export type SessionQuery = Query<'listSessions'>;

/** Which messages of a session to list, oldest first. */
export type MessageQuery = Query<'listMessages'>;

/** Which branches of a session to list. */
export type BranchQuery = Query<'listBranches'>;

/** Whether the service can answer, part by part. */
export interface Health {
  /** `ok`, or what is wrong. */
  status: string;
  [part: string]: unknown;
}
