import type { RunInterruptedError } from './run-errors.js';
import type { RunEvent, RunEventBody, RunTimings } from './run-event.js';
import type { Ownership, RunLog } from './run-log.js';
import { NO_PROGRESS, type RunProgress } from './run-progress.js';
import { isTakenOver, type Run } from './run.js';

/** A run that this process owns: numbers its events, appends them, and can be told to end. */
export class ActiveRun {
  readonly #controller = new AbortController();
  readonly #settled = Promise.withResolvers<void>();
  readonly #acceptedAt: number;
  #lastSeq: number;
  #firstTokenMs: number | null;
  #begun = false;

  /**
   * @param progress of the owners before this one
   * @param interrupted why the run cannot be gone on with
   */
  constructor(
    readonly run: Run,
    private readonly log: RunLog,
    ownership: Ownership,
    readonly progress: RunProgress = NO_PROGRESS,
    readonly interrupted?: RunInterruptedError,
  ) {
    this.#lastSeq = ownership.lastSeq;
    this.#firstTokenMs = progress.firstTokenMs;
    // What another process has measured is known by the calendar alone.
    const age = isTakenOver(run) ? Math.max(0, Date.now() - run.createdAt) : 0;
    this.#acceptedAt = performance.now() - age;
  }

  /** Aborted when the run is to end before its time. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Settles when the terminal event is in the log, or the run is no longer this process's. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** Whether any text is in the log. */
  get hasText(): boolean {
    return this.#firstTokenMs !== null;
  }

  get timings(): RunTimings {
    return { firstTokenMs: this.#firstTokenMs, totalMs: this.#elapsed() };
  }

  /** True for the first caller only: a run's work begins once. */
  begin(): boolean {
    const first = !this.#begun;
    this.#begun = true;
    return first;
  }

  /** @throws StaleEpochError when the run has been claimed again since. */
  async requireOwnership(): Promise<void> {
    await this.log.append(this.run, this.run.epoch, []);
  }

  /** Appends what happened; resolves when it is logged. */
  async append(bodies: readonly RunEventBody[]): Promise<void> {
    const firstToken = this.#firstTokenMs ?? this.#elapsed();
    const events: RunEvent[] = [];
    let hasText = this.hasText;
    for (const body of bodies) {
      const seq = this.#lastSeq + 1 + events.length;
      const isFirst = !hasText && body.type === 'text';
      events.push(isFirst ? { ...body, firstTokenMs: firstToken, seq } : { ...body, seq });
      hasText ||= isFirst;
    }
    await this.log.append(this.run, this.run.epoch, events);
    this.#lastSeq += events.length;
    if (hasText) this.#firstTokenMs = firstToken;
  }

  /** Asks the work to end. Only the first reason counts. */
  end(reason: Error): void {
    this.#controller.abort(reason);
  }

  markSettled(): void {
    this.#settled.resolve();
  }

  #elapsed(): number {
    return Math.round(performance.now() - this.#acceptedAt);
  }
}
