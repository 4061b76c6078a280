import { eventSize } from './event-size.js';
import type { RunEvent } from './run-event.js';
import type { PageLimit } from './run-log.js';

/** How much of a log is kept at hand, in UTF-16 code units: what readers close behind may not have. */
const KEPT = 16 * 1024;

/**
 * The last events of a log that is being written, for the readers who follow it closely: all of
 * them get the same objects, and none has to go to the disk for what was there a moment ago.
 */
export class LogTail {
  /** Gap-free; the first `#dropped` of them are forgotten, and cut off now and then. */
  #events: RunEvent[] = [];
  #dropped = 0;
  #size = 0;

  push(events: readonly RunEvent[]): void {
    for (const event of events) {
      this.#events.push(event);
      this.#size += eventSize(event);
    }
    while (this.#size > KEPT && this.#dropped < this.#events.length - 1) {
      this.#size -= eventSize(this.#events[this.#dropped]!);
      this.#dropped += 1;
    }
    if (this.#dropped > 64 && this.#dropped > this.#events.length / 2) {
      this.#events = this.#events.slice(this.#dropped);
      this.#dropped = 0;
    }
  }

  /** The events after a position; undefined where the tail does not reach back that far. */
  after(position: number, limit: PageLimit): readonly RunEvent[] | undefined {
    const events = this.#events;
    const oldest = events[this.#dropped];
    if (oldest === undefined || position + 1 < oldest.seq) return undefined;
    const start = position + 1 - oldest.seq + this.#dropped;
    return events.slice(start, pageEnd(events, start, limit));
  }
}

/** Where a page of events that begins at an index ends. */
export function pageEnd(events: readonly RunEvent[], start: number, limit: PageLimit): number {
  let end = start;
  for (let size = 0; end < events.length && end - start < limit.events; end += 1) {
    size += eventSize(events[end]!);
    if (size > limit.size && end > start) break;
  }
  return end;
}
