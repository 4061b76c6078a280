import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { LONGEST_TIMER_MS } from './backoff.js';

/** An event as it came. */
export interface ServerSentEvent {
  /** The event's number in the log of its run. */
  id: number;
  data: string;
  /** Of the event with its lines' names and ends, in bytes. */
  bytes: number;
}

/** What one read of the connection has brought. */
export interface Reading {
  /** None where a heartbeat or a part of an event came. */
  events: ServerSentEvent[];
  /** How long to wait before coming back, in milliseconds, where the service has said it. */
  retry?: number;
}

/** `id: ` and `data: ` with the ends of their lines, and the empty line. */
const FRAMING = 'id: \ndata: \n\n'.length;

/**
 * Reads a stream of Server-Sent Events, piece by piece. An event that is not whole when the stream
 * ends counts for nothing, as the standard has it.
 *
 * @param silence the longest without a byte, heartbeats included, in milliseconds
 * @throws what reading throws, and {@link SilenceError}
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  silence: number,
): AsyncGenerator<Reading, void, undefined> {
  let reading: Reading = { events: [] };
  const parser = createParser({
    onEvent: (message) => {
      const event = toEvent(message);
      if (event !== undefined) reading.events.push(event);
    },
    onRetry: (retry) => {
      reading.retry = retry;
    },
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await withinSilence(reader.read(), silence);
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      const read = reading;
      reading = { events: [] };
      yield read;
    }
  } finally {
    // Also where the consumer leaves: the connection has no reader any more. Nothing waits for it,
    // since a connection that is dead does not answer.
    void reader.cancel().catch(() => undefined);
  }
}

/** A connection on which nothing comes any more. */
export class SilenceError extends Error {
  override name = 'SilenceError';
}

/** @throws SilenceError where it takes longer; what comes after that goes nowhere */
export async function withinSilence<T>(wait: Promise<T>, silence: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silent = new Promise<never>((_resolve, reject) => {
    const error = new SilenceError(`Nothing came for ${silence} ms`);
    timer = setTimeout(() => reject(error), Math.min(silence, LONGEST_TIMER_MS));
  });
  try {
    return await Promise.race([wait, silent]);
  } finally {
    clearTimeout(timer);
  }
}

function toEvent({ id = '', data }: EventSourceMessage): ServerSentEvent | undefined {
  if (!/^\d{1,15}$/.test(id)) return undefined;
  // The service writes ASCII alone: a character is a byte.
  return { id: Number(id), data, bytes: FRAMING + id.length + data.length };
}
