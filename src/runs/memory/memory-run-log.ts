import { Injectable } from '@nestjs/common';
import { pageEnd } from '../log-tail.js';
import type { RunKey } from '../run.js';
import { RunExpiredError, StaleEpochError } from '../run-errors.js';
import { isTerminal, type RunEvent } from '../run-event.js';
import { RunLog, type NextEvents, type Ownership, type PageLimit } from '../run-log.js';
import { gapIn } from '../sequence.js';
import { eventsAtHand, failedWait, WaitingReaders } from '../waiting-readers.js';

interface Log {
  owner: string;
  epoch: number;
  /** Gap-free from 1: the event with number n stands at index n - 1. */
  events: RunEvent[];
  waiting: WaitingReaders;
}

/** Keeps the logs in the process: as fast as it gets, and gone with it. */
@Injectable()
export class MemoryRunLog extends RunLog {
  readonly #logs = new Map<string, Log>();

  override async claim(key: RunKey): Promise<Ownership> {
    if (!this.#logs.has(key.id)) {
      const waiting = new WaitingReaders();
      this.#logs.set(key.id, { owner: key.owner, epoch: 0, events: [], waiting });
    }
    const log = this.#log(key);
    log.epoch += 1;
    return { epoch: log.epoch, lastSeq: log.events.length };
  }

  override async append(key: RunKey, epoch: number, events: readonly RunEvent[]): Promise<void> {
    const log = this.#log(key);
    if (log.epoch !== epoch) throw new StaleEpochError(key.id, epoch);
    const gap = gapIn(key, log.events.length, events);
    if (gap !== undefined) throw gap;
    for (const event of events) log.events.push(event);
    if (events.length > 0) log.waiting.wake((after, limit) => pageOf(log, after, limit));
  }

  override async read(key: RunKey, after: number, limit: PageLimit): Promise<readonly RunEvent[]> {
    return pageOf(this.#log(key), after, limit);
  }

  override next(key: RunKey, after: number, limit: PageLimit): NextEvents {
    try {
      const log = this.#log(key);
      if (log.events.length > after) return eventsAtHand(pageOf(log, after, limit));
      return log.waiting.wait(after, limit);
    } catch (error) {
      return failedWait(error as Error);
    }
  }

  override async unended(): Promise<readonly RunKey[]> {
    return [...this.#logs]
      .filter(([, { events }]) => events.length === 0 || !isTerminal(events.at(-1)!))
      .map(([id, { owner }]) => ({ owner, id }));
  }

  override async drop(keys: readonly RunKey[]): Promise<void> {
    for (const key of keys) {
      const log = this.#logs.get(key.id);
      if (log === undefined || log.owner !== key.owner) continue;
      this.#logs.delete(key.id);
      log.waiting.release();
    }
  }

  #log(key: RunKey): Log {
    const log = this.#logs.get(key.id);
    if (log === undefined || log.owner !== key.owner) throw new RunExpiredError(key.id);
    return log;
  }
}

function pageOf({ events }: Log, after: number, limit: PageLimit): readonly RunEvent[] {
  return events.slice(after, pageEnd(events, after, limit));
}
