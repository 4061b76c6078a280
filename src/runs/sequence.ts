import type { RunEvent } from './run-event.js';
import type { RunKey } from './run.js';

/** Refuses events that do not follow one another, and the log, without a gap. @throws Error */
export function requireNext(key: RunKey, lastSeq: number, events: readonly RunEvent[]): void {
  let next = lastSeq + 1;
  for (const { seq } of events) {
    if (seq !== next) throw new Error(`Run ${key.id} expects event ${next}, not event ${seq}.`);
    next += 1;
  }
}
