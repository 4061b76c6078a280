import type { RunEvent, RunEventBody, RunTimings } from './run-event.js';
import type { Ownership, RunLog } from './run-log.js';
import type { Run } from './run.js';

/** A run that this process owns: numbers its events, appends them, and can be told to end. */
export class ActiveRun {
  readonly #controller = new AbortController();
  readonly #settled = Promise.withResolvers<void>();
  readonly #acceptedAt = performance.now();
  #lastSeq: number;
  #firstTokenMs: number | null = null;
  #begun = false;

  constructor(
    readonly run: Run,
    private readonly log: RunLog,
    private readonly ownership: Ownership,
  ) {
    this.#lastSeq = ownership.lastSeq;
  }

  /** Aborted when the run is to end before its time. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Settles when the terminal event is in the log, or the run has been lost to another owner. */
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
    await this.log.append(this.run, this.ownership.epoch, []);
  }

  /** Appends what happened; resolves when it is logged. */
  async append(bodies: readonly RunEventBody[]): Promise<void> {
    const first = this.#lastSeq + 1;
    const events = bodies.map((body, index): RunEvent => ({ ...body, seq: first + index }));
    await this.log.append(this.run, this.ownership.epoch, events);
    this.#lastSeq += events.length;
    if (this.#firstTokenMs === null && bodies.some((body) => body.type === 'text')) {
      this.#firstTokenMs = this.#elapsed();
    }
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
