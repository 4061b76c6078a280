import { EVENT_VERSION } from '../../storage/sqlite/event-version.js';
import { eventSize } from '../event-size.js';
import { isTerminal, type RunEvent } from '../run-event.js';
import { decodeEvent, encodeBody, encodePage } from './event-body.js';
import type { KnownLog, KnownLogs } from './known-logs.js';
import type { JournalRow, RunLogStatements } from './run-log-statements.js';
import type { WriteQueue } from './write-queue.js';

/**
 * What a page takes, by `eventSize`. Less than what `LogTail` keeps: what is in no page is always at
 * hand.
 */
const PAGE = 12 * 1024;

/** After so many entries those that are in pages are deleted, a slice at a time. */
const SWEEP_EVERY = 2_000;
/** Some of them take a millisecond. */
const SLICE = 500;
/** How long the journal may grow behind a log that says nothing, in entries. */
const LONGEST = 50_000;

/** What is to be remembered of a write once it is committed. */
export type Committed = () => void;

/**
 * Where events are written first: one table for all runs, in the order in which they happen. A commit
 * so changes one place of the file, and not one for each run: that is a fifth of the time of a row in
 * each run's own place, and a thirteenth of the bytes. A log's events move into a page of its own when
 * they fill one, and when it ends; until then they are in memory too.
 */
export class RunJournal {
  /**
   * What a process before this one has left, of logs that nobody has asked for yet, by their numbers;
   * undefined: not looked up yet.
   */
  #left: Map<number, JournalRow[]> | undefined;
  /** The newest entry that is committed. */
  #newest = 0;
  #written = 0;
  #sweeping = false;

  constructor(
    private readonly statements: RunLogStatements,
    private readonly queue: WriteQueue,
    private readonly known: KnownLogs,
  ) {}

  /** Gives a log what is in the journal of it. One that cannot be read is no harm to the others. */
  restore(log: KnownLog): void {
    const rows = this.#leftRows().get(log.id);
    if (rows === undefined) return;
    this.#left!.delete(log.id);
    log.lastSeq = rows.at(-1)!.seq;
    try {
      const events = rows.map(decodeEvent);
      log.tail.push(events);
      log.journaled = { from: rows[0]!.id, size: sizeOf(events) };
    } catch (error) {
      log.unreadable = error as Error;
    }
  }

  /**
   * Writes events, which follow the log's last. Within a transaction.
   * @returns what is to be done once it is committed; undefined where the log is being deleted
   */
  write(log: KnownLog, events: readonly RunEvent[]): Committed | undefined {
    const size = (log.journaled?.size ?? 0) + sizeOf(events);
    const ended = isTerminal(events.at(-1)!);
    if (ended || size > PAGE) return this.#page(log, [...log.unpaged, ...events], ended);
    let newest = 0;
    for (const event of events) {
      const { lastInsertRowid } = this.statements.insertEvent.run(
        log.id,
        event.seq,
        EVENT_VERSION,
        encodeBody(event),
      );
      newest = lastInsertRowid as number;
    }
    const from = log.journaled?.from ?? newest - events.length + 1;
    return () => {
      log.journaled = { from, size };
      this.#newest = newest;
      this.#written += events.length;
      if (this.#written >= SWEEP_EVERY) void this.sweep();
    };
  }

  #page(log: KnownLog, events: readonly RunEvent[], ended: boolean): Committed | undefined {
    const { insertPage, advance } = this.statements;
    const lastSeq = events.at(-1)!.seq;
    if (advance.run(lastSeq, ended ? 1 : 0, log.id, log.pagedSeq).changes === 0) return undefined;
    insertPage.run(log.id, events[0]!.seq, lastSeq, EVENT_VERSION, encodePage(events));
    return () => {
      log.pagedSeq = lastSeq;
      log.journaled = undefined;
    };
  }

  #leftRows(): Map<number, JournalRow[]> {
    if (this.#left !== undefined) return this.#left;
    const left = new Map<number, JournalRow[]>();
    for (const row of this.statements.unpaged.iterate()) {
      const rows = left.get(row.log);
      if (rows === undefined) left.set(row.log, [row]);
      else rows.push(row);
    }
    this.#newest = this.statements.newestEntry.get()?.id ?? 0;
    // What it has left over is swept with the first that is written.
    this.#written = SWEEP_EVERY;
    this.#left = left;
    return left;
  }

  /** Deletes the entries that all logs have in pages. A failure leaves them to the next time. */
  async sweep(): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.#written = 0;
    try {
      await this.queue.add(() => this.#pageOldest());
      while (await this.queue.add(() => ({ result: this.#deleteSlice() })));
    } catch {
      // The storage is lost, which others tell of.
    } finally {
      this.#sweeping = false;
    }
  }

  /** A log that says nothing for long would keep all that the others have said since. */
  #pageOldest(): { result: undefined; committed: Committed } {
    const paged: (Committed | undefined)[] = [];
    for (const log of this.known) {
      const isOld = log.journaled !== undefined && log.journaled.from < this.#newest - LONGEST;
      // One that is just being written is not silent.
      if (isOld && log.appending === undefined) paged.push(this.#page(log, log.unpaged, false));
    }
    return { result: undefined, committed: () => paged.forEach((committed) => committed?.()) };
  }

  #deleteSlice(): boolean {
    const left = this.#leftRows();
    let below = this.#newest + 1;
    for (const { journaled } of this.known) {
      if (journaled !== undefined && journaled.from < below) below = journaled.from;
    }
    for (const [oldest] of left.values()) below = Math.min(below, oldest!.id);
    // The newest stays, without what it says: a number that is used again would be swept with the one
    // that it had replaced.
    if (below > this.#newest) this.statements.blankEntry.run(this.#newest);
    const { changes } = this.statements.deleteEntries.run(Math.min(below, this.#newest), SLICE);
    return changes > 0;
  }
}

function sizeOf(events: readonly RunEvent[]): number {
  let size = 0;
  for (const event of events) size += eventSize(event);
  return size;
}
