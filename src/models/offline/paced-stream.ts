import { setTimeout as wait } from 'node:timers/promises';
import type { CompletionEvent } from './completion.js';

/**
 * A body that says one event for each read, with a pause before each paced one. Nothing is made
 * ahead of its reader, so a slow one costs no memory.
 *
 * @param paceMs milliseconds; 0 is no pause
 * @param signal aborted, the body fails at once with its reason
 */
export function pacedStream(
  events: Iterator<CompletionEvent>,
  paceMs: number,
  signal: AbortSignal | undefined | null,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const ended = new AbortController();
  let abort = () => {};
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
        const next = events.next();
        if (next.done) {
          end();
          controller.close();
          return;
        }
        if (next.value.paced && paceMs > 0) await pause(paceMs, ended.signal);
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
