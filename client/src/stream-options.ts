import type { Chunk } from './types.js';

/** An event of a stream, as it arrived. */
export interface StreamEvent {
  /** Its position in the run's log. */
  id: number;
  /** The chunk as the service wrote it: JSON in ASCII. */
  data: string;
  chunk: Chunk;
  /** When it was there, on the clock of `performance.now()`, in milliseconds. */
  receivedAt: number;
  /** What it took on the wire, its lines' names and ends included. */
  bytes: number;
  /** On which connection it came; 1 is the first. */
  connection: number;
  /** It came at once on a new connection: the run had it while its reader was away. */
  replayed: boolean;
  /** It was seen before, and is not passed on again. */
  dropped: boolean;
}

/** The head of an answer to one connection. */
export interface StreamResponse {
  status: number;
  headers: Headers;
  url: string;
  connection: number;
  /** On the clock of `performance.now()`, in milliseconds. */
  receivedAt: number;
}

/** What becomes of the connection. */
export interface ConnectionChange {
  /** `waiting`: it was lost, and is tried again in `retryIn` milliseconds. */
  state: 'connecting' | 'open' | 'waiting' | 'closed';
  connection: number;
  retryIn?: number;
  /** Why it was lost. */
  reason?: string;
}

/** What may be said with each call. */
export interface CallOptions {
  /** Its abort stops the waiting and the reading, with its reason as the error. The run goes on. */
  signal?: AbortSignal;
  /** Further headers of this call. */
  headers?: Readonly<Record<string, string>>;
}

/** What may be said with a call that starts a run. */
export interface StartOptions extends CallOptions {
  /**
   * Makes the request safe to repeat: a second one with this key joins the first one's run.
   * @default one of the call's own
   */
  idempotencyKey?: string;
}

/** Who wants to see what a stream is made of. What these throw ends the stream with that error. */
export interface StreamObserver {
  /** Each event, the ones that are dropped too. */
  onEvent?: (event: StreamEvent) => void;
  onResponse?: (response: StreamResponse) => void;
  onConnection?: (change: ConnectionChange) => void;
}

export type StreamOptions = StartOptions & StreamObserver;

export interface ResumeOptions extends CallOptions, StreamObserver {
  /** The last event that was seen already. @default 0: from the beginning */
  after?: number;
}

/** How patient the readers of a client are, in milliseconds. */
export interface Patience {
  giveUpAfter: number;
  heartbeatTimeout: number;
  longestStart: number;
}

/** What a reader is told. */
export interface ReaderOptions extends CallOptions, StreamObserver, Patience {
  /** From 0 up to 1. */
  random: () => number;
  /** The run is known; by its id, where the service could be read so far. */
  onRun?: (id: string | undefined) => void;
}
