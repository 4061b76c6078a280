/** Client of Agno API: answers that survive a cut connection. */
export { AgnoClient, type ClientOptions } from './client.js';
export { AnswerStream } from './answer-stream.js';
export {
  AgnoError,
  ProblemError,
  RunFailedError,
  StreamLostError,
  UnexpectedAnswerError,
  UnreachableError,
} from './errors.js';
export { smooth, type SmoothClock, type SmoothOptions } from './smooth.js';
export type {
  CallOptions,
  ConnectionChange,
  ResumeOptions,
  StartOptions,
  StreamEvent,
  StreamObserver,
  StreamOptions,
  StreamResponse,
} from './stream-options.js';
export type * from './types.js';
