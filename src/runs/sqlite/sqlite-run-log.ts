import { Injectable } from '@nestjs/common';
import { Logger } from '../../logging/logger.js';
import { SqliteDatabase } from '../../storage/sqlite/sqlite-database.js';
import { StorageUnavailableError } from '../../storage/storage-errors.js';
import { Storage } from '../../storage/storage.js';
import { eventSize } from '../event-size.js';
import { RunExpiredError, StaleEpochError } from '../run-errors.js';
import { isTerminal, type RunEvent } from '../run-event.js';
import { RunLog, type NextEvents, type Ownership, type PageLimit } from '../run-log.js';
import type { RunKey } from '../run.js';
import { gapIn } from '../sequence.js';
import { eventsAtHand, failedWait } from '../waiting-readers.js';
import { decodePage } from './event-body.js';
import { KnownLog, KnownLogs } from './known-logs.js';
import { LogDeletion } from './log-deletion.js';
import { RunJournal } from './run-journal.js';
import { prepareStatements, type LogHead, type RunLogStatements } from './run-log-statements.js';
import { WriteQueue, type Written } from './write-queue.js';

/**
 * Keeps the logs in SQLite. All writes of a turn are one transaction; only when it is committed do
 * readers learn of it. Who follows closely reads from memory what was just committed. Events go into
 * the journal first, and from there into pages.
 */
@Injectable()
export class SqliteRunLog extends RunLog {
  readonly #known = new KnownLogs();
  readonly #statements: RunLogStatements;
  readonly #queue: WriteQueue;
  readonly #journal: RunJournal;
  readonly #deletion: LogDeletion;

  constructor(
    private readonly database: SqliteDatabase,
    private readonly storage: Storage,
    logger: Logger,
  ) {
    super();
    this.#statements = prepareStatements(database);
    this.#queue = new WriteQueue(database);
    this.#journal = new RunJournal(this.#statements, this.#queue, this.#known);
    this.#deletion = new LogDeletion(this.#statements, this.#queue, logger);
    storage.lost.subscribe(() => this.#failWaits());
  }

  override async claim(key: RunKey): Promise<Ownership> {
    const head = await this.#queue.add<LogHead>(() => {
      const claimed = this.#statements.claim.get(key.id, key.owner);
      if (claimed === undefined) return { refused: new RunExpiredError(key.id) };
      // What the owner before appends in the same transaction comes too late.
      const known = this.#known.get(key.id);
      if (known !== undefined) known.epoch = claimed.epoch;
      return { result: claimed };
    });
    const log = this.#know(key, head);
    log.epoch = head.epoch;
    return { epoch: head.epoch, lastSeq: log.lastSeq };
  }

  // Not `async` for those that are at hand, as it is called for each piece: that would be a promise
  // more, and one in another.
  override append(key: RunKey, epoch: number, events: readonly RunEvent[]): Promise<void> {
    const log = this.#known.get(key.id);
    const isAtOnce = log?.owner === key.owner && log.appending === undefined && events.length > 0;
    if (!isAtOnce) return this.#appendLater(key, epoch, events);
    log.appending = this.#queue.add(() => this.#write(key, log, epoch, events));
    return log.appending;
  }

  override async read(key: RunKey, after: number, limit: PageLimit): Promise<readonly RunEvent[]> {
    return this.#pageOf(this.#require(key), after, limit);
  }

  override next(key: RunKey, after: number, limit: PageLimit): NextEvents {
    try {
      const log = this.#require(key);
      if (log.lastSeq > after) return eventsAtHand(this.#pageOf(log, after, limit));
      if (!this.storage.available && !log.ended) throw new StorageUnavailableError();
      return log.waiting.wait(after, limit);
    } catch (error) {
      return failedWait(error as Error);
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
      void this.#journal.sweep();
    }
    this.#deletion.start();
  }

  async #appendLater(key: RunKey, epoch: number, events: readonly RunEvent[]): Promise<void> {
    const log = this.#require(key);
    // Where a log stands is known when the append before has come to its end.
    const before = log.appending;
    await before?.catch(() => undefined);
    if (log.appending === before) log.appending = undefined;
    if (events.length > 0) return this.append(key, epoch, events);
    if (log.epoch !== epoch) throw new StaleEpochError(key.id, epoch);
  }

  /** Within a transaction. */
  #write(
    key: RunKey,
    log: KnownLog,
    epoch: number,
    events: readonly RunEvent[],
  ): Written<undefined> {
    const refused = this.#refusal(key, log, epoch, events);
    const written = refused === undefined ? this.#journal.write(log, events) : undefined;
    if (written === undefined) {
      log.appending = undefined;
      return { refused: refused ?? new RunExpiredError(key.id) };
    }
    const committed = (): void => {
      written();
      this.#appended(key, log, events);
    };
    return { result: undefined, committed };
  }

  #appended(key: RunKey, log: KnownLog, events: readonly RunEvent[]): void {
    const last = events.at(-1)!;
    log.appending = undefined;
    log.lastSeq = last.seq;
    log.tail.push(events);
    if (isTerminal(last)) {
      log.ended = true;
      log.unreadable = undefined;
      this.#known.end(key.id);
    }
    log.waiting.wake((after, limit) => this.#pageOf(log, after, limit));
  }

  /**
   * Why events cannot be appended. What is at hand tells it: nobody else writes this database, since a
   * directory has one process.
   */
  #refusal(
    key: RunKey,
    log: KnownLog,
    epoch: number,
    events: readonly RunEvent[],
  ): Error | undefined {
    if (this.#known.get(key.id) !== log) return new RunExpiredError(key.id);
    if (log.epoch !== epoch) return new StaleEpochError(key.id, epoch);
    if (log.ended) return new Error(`Run ${key.id} has ended at event ${log.lastSeq}.`);
    return gapIn(key, log.lastSeq, events);
  }

  /** The log of a run. @throws RunExpiredError where it is not there */
  #require(key: RunKey): KnownLog {
    const log = this.#known.get(key.id) ?? this.#knowFromDisk(key);
    if (log?.owner !== key.owner) throw new RunExpiredError(key.id);
    return log;
  }

  #knowFromDisk(key: RunKey): KnownLog | undefined {
    return this.database.read(() => {
      const head = this.#statements.head.get(key.id, key.owner);
      return head && this.#know(key, head);
    });
  }

  #know(key: RunKey, head: LogHead): KnownLog {
    const known = this.#known.get(key.id);
    if (known?.id === head.id) return known;
    const log = new KnownLog(head);
    this.database.read(() => this.#journal.restore(log));
    this.#known.add(key.id, log);
    return log;
  }

  #pageOf(log: KnownLog, after: number, limit: PageLimit): readonly RunEvent[] {
    if (after >= log.lastSeq) return [];
    return log.tail.after(after, limit) ?? this.#readFromDisk(log, after, limit);
  }

  #readFromDisk(log: KnownLog, after: number, limit: PageLimit): readonly RunEvent[] {
    return this.database.read(() => {
      const page: RunEvent[] = [];
      let size = 0;
      // Left within this turn: an open iterator would lock out the next write.
      for (const event of this.#eventsAfter(log, after)) {
        size += eventSize(event);
        if (page.length === limit.events || (size > limit.size && page.length > 0)) break;
        page.push(event);
      }
      return page;
    });
  }

  /** Those in pages, then those that are not. */
  *#eventsAfter(log: KnownLog, after: number): Generator<RunEvent, void> {
    for (const row of this.#statements.pages.iterate(log.id, after)) {
      for (const event of decodePage(row)) if (event.seq > after) yield event;
    }
    if (log.unreadable !== undefined && after < log.lastSeq) throw log.unreadable;
    yield* log.unpaged;
  }

  #failWaits(): void {
    for (const log of this.#known) {
      if (!log.ended) log.waiting.fail(new StorageUnavailableError());
    }
  }
}
