import type { ReceivedEvent } from './open-stream.js';

/** A chunk of the service's own stream format. */
export interface NativeChunk {
  content: string;
  done: boolean;
  model: string;
  type?: string;
  finish_reason?: string;
  error?: { code: string; message: string; retryable: boolean };
  [member: string]: unknown;
}

/** The chunks of a stream of `POST /api/v1/chat` or `GET /api/v1/runs/{id}/stream`. */
export function chunksOf(events: readonly ReceivedEvent[]): NativeChunk[] {
  return events.map((event) => event.json<NativeChunk>());
}

/** The text that a client has which only adds up `content`. */
export function contentOf(events: readonly ReceivedEvent[]): string {
  return chunksOf(events)
    .map(({ content }) => content)
    .join('');
}
