import { Injectable } from '@nestjs/common';
import { Logger } from '../../logging/logger.js';
import { EVENT_VERSION } from '../../storage/sqlite/event-version.js';
import { SqliteDatabase } from '../../storage/sqlite/sqlite-database.js';
import { StorageUnavailableError } from '../../storage/storage-errors.js';
import { Storage } from '../../storage/storage.js';
import { eventSize } from '../event-size.js';
import { RunExpiredError, StaleEpochError } from '../run-errors.js';
import { isTerminal, type RunEvent } from '../run-event.js';
import { RunLog, type NextEvents, type Ownership, type PageLimit } from '../run-log.js';
import type { RunKey } from '../run.js';
import { requireNext } from '../sequence.js';
import { eventsAtHand, failedWait } from '../waiting-readers.js';
import { decodeEvent, encodeBody } from './event-body.js';
import { KnownLogs, type KnownLog } from './known-logs.js';
import { LogDeletion } from './log-deletion.js';
import { prepareStatements, type LogHead, type RunLogStatements } from './run-log-statements.js';
import { WriteQueue } from './write-queue.js';

/**
 * Keeps the logs in SQLite. All writes of a turn are one transaction; only when it is committed do
 * readers learn of it. Who follows closely reads from memory what was just committed.
 */
@Injectable()
export class SqliteRunLog extends RunLog {
  readonly #known = new KnownLogs();
  readonly #statements: RunLogStatements;
  readonly #queue: WriteQueue;
  readonly #deletion: LogDeletion;

  constructor(
    private readonly database: SqliteDatabase,
    private readonly storage: Storage,
    logger: Logger,
  ) {
    super();
    this.#statements = prepareStatements(database);
    this.#queue = new WriteQueue(database);
    this.#deletion = new LogDeletion(this.#statements, this.#queue, logger);
    storage.lost.subscribe(() => this.#failWaits());
  }

  override async claim(key: RunKey): Promise<Ownership> {
    const head = await this.#queue.add<LogHead>(() => {
      const claimed = this.#statements.claim.get(key.id, key.owner);
      return claimed === undefined ? { refused: new RunExpiredError(key.id) } : { result: claimed };
    });
    // What is at hand must be what is on the disk, or readers would be handed other events.
    if (this.#known.get(key.id)?.lastSeq !== head.last_seq) this.#known.forget(key.id);
    this.#known.know(key.id, head);
    return { epoch: head.epoch, lastSeq: head.last_seq };
  }

  override async append(key: RunKey, epoch: number, events: readonly RunEvent[]): Promise<void> {
    const first = events[0];
    const log = this.#known.get(key.id) ?? this.#knowFromDisk(key);
    if (log?.owner !== key.owner) throw new RunExpiredError(key.id);
    if (first === undefined) return this.#requireEpoch(key, epoch);
    requireNext(key, first.seq - 1, events);
    const committed = (): void => this.#appended(key, log, events);
    return this.#queue.add(() => {
      const ended = isTerminal(events.at(-1)!) ? 1 : 0;
      const lastSeq = first.seq + events.length - 1;
      const advanced = this.#statements.advance.run(lastSeq, ended, log.id, epoch, first.seq - 1);
      if (advanced.changes === 0) return { refused: this.#refusal(key, epoch, first.seq) };
      for (const event of events) {
        this.#statements.insertEvent.run(log.id, event.seq, EVENT_VERSION, encodeBody(event));
      }
      return { result: undefined, committed };
    });
  }

  override async read(key: RunKey, after: number, limit: PageLimit): Promise<readonly RunEvent[]> {
    const log = this.#known.get(key.id);
    if (log === undefined) {
      const head = this.#head(key);
      if (head === undefined) throw new RunExpiredError(key.id);
      return this.#readFromDisk(head.id, after, limit);
    }
    if (log.owner !== key.owner) throw new RunExpiredError(key.id);
    return this.#pageOf(log, after, limit);
  }

  override next(key: RunKey, after: number, limit: PageLimit): NextEvents {
    try {
      const log = this.#known.get(key.id) ?? this.#knowFromDisk(key);
      if (log?.owner !== key.owner) throw new RunExpiredError(key.id);
      if (log.lastSeq > after) return eventsAtHand(this.#pageOf(log, after, limit));
      if (!this.storage.available && !log.ended) throw new StorageUnavailableError();
      return log.waiting.wait(after, limit);
    } catch (error) {
      return failedWait(error);
    }
  }

  override async unended(): Promise<readonly RunKey[]> {
    return this.database.read(() => this.#statements.unended.all());
  }

  override async drop(keys: readonly RunKey[]): Promise<void> {
    if (keys.length > 0) {
      await this.#queue.add(() => {
        for (const { id, owner } of keys) this.#statements.markDropped.run(id, owner);
        return { result: undefined };
      });
      for (const { id, owner } of keys) {
        if (this.#known.get(id)?.owner === owner) this.#known.forget(id);
      }
    }
    this.#deletion.start();
  }

  #appended(key: RunKey, log: KnownLog, events: readonly RunEvent[]): void {
    const last = events.at(-1)!;
    log.lastSeq = last.seq;
    log.tail.push(events);
    if (isTerminal(last)) {
      log.ended = true;
      this.#known.end(key.id);
    }
    log.waiting.wake((after, limit) => this.#pageOf(log, after, limit));
  }

  /** @throws StaleEpochError, RunExpiredError */
  #requireEpoch(key: RunKey, epoch: number): void {
    const head = this.#head(key);
    if (head === undefined) throw new RunExpiredError(key.id);
    if (head.epoch !== epoch) throw new StaleEpochError(key.id, epoch);
  }

  /** Why a log could not be advanced. */
  #refusal(key: RunKey, epoch: number, seq: number): Error {
    const head = this.#statements.head.get(key.id, key.owner);
    if (head === undefined) return new RunExpiredError(key.id);
    if (head.epoch !== epoch) return new StaleEpochError(key.id, epoch);
    if (head.ended === 1) return new Error(`Run ${key.id} has ended at event ${head.last_seq}.`);
    return new Error(`Run ${key.id} expects event ${head.last_seq + 1}, not event ${seq}.`);
  }

  #head(key: RunKey): LogHead | undefined {
    return this.database.read(() => this.#statements.head.get(key.id, key.owner));
  }

  #knowFromDisk(key: RunKey): KnownLog | undefined {
    const head = this.#head(key);
    if (head === undefined) return undefined;
    const log = this.#known.know(key.id, head);
    if (log.ended) this.#known.end(key.id);
    return log;
  }

  #pageOf(log: KnownLog, after: number, limit: PageLimit): readonly RunEvent[] {
    if (after >= log.lastSeq) return [];
    return log.tail.after(after, limit) ?? this.#readFromDisk(log.id, after, limit);
  }

  #readFromDisk(log: number, after: number, limit: PageLimit): readonly RunEvent[] {
    return this.database.read(() => {
      const page: RunEvent[] = [];
      let size = 0;
      // Left within this turn: an open iterator would lock out the next write.
      for (const row of this.#statements.events.iterate(log, after)) {
        const event = decodeEvent(row);
        size += eventSize(event);
        if (size > limit.size && page.length > 0) break;
        page.push(event);
        if (page.length === limit.events) break;
      }
      return page;
    });
  }

  #failWaits(): void {
    for (const log of this.#known) {
      if (!log.ended) log.waiting.fail(new StorageUnavailableError());
    }
  }
}
