import type { RunEvent } from './run-event.js';
import type { RunKey } from './run.js';

/** What is wrong with events that do not follow one another, and the log, without a gap. */
export function gapIn(
  key: RunKey,
  lastSeq: number,
  events: readonly RunEvent[],
): Error | undefined {
  let next = lastSeq + 1;
  for (const { seq } of events) {
    if (seq !== next) return new Error(`Run ${key.id} expects event ${next}, not event ${seq}.`);
    next += 1;
  }
  return undefined;
}
