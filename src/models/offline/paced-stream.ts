import { setTimeout as wait } from 'node:timers/promises';
import type { Failure } from './assistant.js';
import type { CompletionEvent } from './completion.js';
import { connectionBroken } from './failures.js';

/** How a stream is spoken. */
export interface Manner {
  /** Milliseconds before each paced event; 0 is no pause. */
  pauseMs: number;
  /** How it fails, and after how many paced events; undefined: it does not. */
  failure?: Failure | undefined;
}

/**
 * A body that says one event for each read, with a pause before each paced one. Nothing is made
 * ahead of its reader, so a slow one costs no memory.
 *
 * @param signal aborted, the body fails at once with its reason
 */
export function pacedStream(
  events: Iterator<CompletionEvent>,
  { pauseMs, failure }: Manner,
  signal: AbortSignal | undefined | null,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const ended = new AbortController();
  let abort = () => {};
  let spoken = 0;
  const end = () => {
    signal?.removeEventListener('abort', abort);
    ended.abort();
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        abort = () => {
          end();
          controller.error(signal?.reason);
        };
        if (signal?.aborted) abort();
        else signal?.addEventListener('abort', abort);
      },
      async pull(controller) {
        if (failure?.afterWords === spoken) {
          if (failure.how === 'stall') return untilAborted(ended.signal);
          end();
          controller.error(connectionBroken());
          return;
        }
        const next = events.next();
        if (next.done) {
          end();
          controller.close();
          return;
        }
        if (next.value.paced) {
          spoken += 1;
          if (pauseMs > 0) await pause(pauseMs, ended.signal);
        }
        if (!ended.signal.aborted) controller.enqueue(encoder.encode(next.value.text));
      },
      cancel: end,
    },
    // Nothing is pulled before it is read.
    { highWaterMark: 0 },
  );
}

/** Waits; an abort ends the wait, and its timer with it. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await wait(milliseconds, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
