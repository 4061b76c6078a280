import { setImmediate } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { firstValueFrom, Subject, type Observable } from 'rxjs';
import { Settings } from '../config/settings.js';
import { Lifecycle, ShuttingDownError } from '../http/lifecycle.js';
import { ProblemError } from '../http/problem.js';
import { StorageUnavailableError } from '../storage/storage-errors.js';
import { Storage } from '../storage/storage.js';
import { ActiveRun } from './active-run.js';
import type { RunEventBody, RunFailure, Settlement } from './run-event.js';
import {
  OverloadedError,
  RunCancelledError,
  RunReleasedError,
  StaleEpochError,
} from './run-errors.js';
import { RunLog } from './run-log.js';
import { RunReport } from './run-report.js';
import { RunStore } from './run-store.js';
import { failingWith, NO_OUTCOME, type RunOutcome, type RunWork } from './run-work.js';
import type { Run, RunKey } from './run.js';

/** Does the work of runs, writes their logs and settles them. A run has one worker at a time. */
@Injectable()
export class RunWorker implements OnModuleInit, BeforeApplicationShutdown {
  readonly #active = new Map<string, ActiveRun>();
  readonly #settled = new Subject<Run>();
  readonly #abandoned = new Subject<Run>();
  /** Those of them that wait for a decision of their callers'. */
  readonly #waiting = new Set<ActiveRun>();
  /** Ids of runs whose ownership is being taken: they hold a place too. */
  readonly #claiming = new Set<string>();

  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly log: RunLog,
    private readonly store: RunStore,
    private readonly storage: Storage,
    private readonly settings: Settings,
    private readonly report: RunReport,
  ) {}

  onModuleInit(): void {
    // What cannot be logged must not be asked for: a provider would be paid for text that is lost.
    this.storage.lost.subscribe(() => this.#releaseAll());
  }

  /** Each run of this process once its terminal event is in the log. */
  get settled(): Observable<Run> {
    return this.#settled.asObservable();
  }

  /**
   * Each run that this process could not go on with and has not settled, as when the storage failed:
   * it is to be taken over, by this process too.
   */
  get abandoned(): Observable<Run> {
    return this.#abandoned.asObservable();
  }

  /**
   * Takes ownership of a run that is about to be admitted, so that it can be followed from the
   * moment that anybody knows of it.
   * @throws OverloadedError when as many runs are active as `MAX_ACTIVE_RUNS` allows.
   * @throws ShuttingDownError
   */
  async own(run: Run): Promise<ActiveRun> {
    // Its request came before the stop and its body after it: nobody would wait for it to finish.
    if (this.lifecycle.stopping) throw new ShuttingDownError();
    const limit = this.settings.maxActiveRuns;
    if (this.#places >= limit) throw new OverloadedError(limit);
    this.#claiming.add(run.id);
    try {
      const ownership = await this.log.claim(run);
      const active = new ActiveRun({ ...run, epoch: ownership.epoch }, this.log, ownership);
      this.#active.set(run.id, active);
      return active;
    } finally {
      this.#claiming.delete(run.id);
    }
  }

  /** Goes on with a run that has been taken over, whatever the limit: it was admitted once. */
  adopt(active: ActiveRun): void {
    this.#active.set(active.run.id, active);
  }

  /** Gives up a run that was not admitted after all. */
  async disown(active: ActiveRun): Promise<void> {
    this.#giveUp(active);
    await this.log.drop([active.run]);
  }

  /** A run that this process owns. */
  owned(id: string): ActiveRun | undefined {
    return this.#active.get(id);
  }

  /** Whether a run is this process's, or is about to be. */
  owns(id: string): boolean {
    return this.#active.has(id) || this.#claiming.has(id);
  }

  /** Does the work of an owned run, once. Resolves when the run has settled, however it came out. */
  async perform(active: ActiveRun, work: RunWork): Promise<void> {
    if (!active.begin()) return active.settled;
    const { run } = active;
    try {
      const outcome = await this.#outcome(active, work);
      await this.#settle(active, outcome);
      this.#giveUp(active);
      this.#settled.next(run);
    } catch (error) {
      this.#giveUp(active);
      this.report.unsettled(run, error);
      // One that could not even be ended would come back again and again.
      const isHopeless = error instanceof StaleEpochError || active.interrupted !== undefined;
      if (!isHopeless && !this.lifecycle.stopping) this.#abandoned.next(run);
    }
  }

  /** Cancels a run of this process and waits until it has settled. Others are left alone. */
  async cancel(key: RunKey, why: string): Promise<void> {
    const active = this.#active.get(key.id);
    if (active === undefined || active.run.owner !== key.owner) return;
    this.#end(active, new RunCancelledError(why));
    await active.settled;
  }

  /** Lets active runs finish for the grace time; what is left is the next process's. */
  async beforeApplicationShutdown(): Promise<void> {
    for (const active of this.#waiting) this.#release(active);
    await Promise.race([this.#allSettled(), firstValueFrom(this.lifecycle.graceOver)]);
    // Again for those whose ownership was being taken.
    while (this.#active.size + this.#claiming.size > 0) {
      this.#releaseAll();
      await Promise.all([...this.#active.values()].map((active) => active.settled));
      await setImmediate();
    }
  }

  #end(active: ActiveRun, reason: Error): void {
    active.end(reason);
    // A queued run has no work yet that would notice.
    void this.perform(active, NO_WORK);
  }

  #release(active: ActiveRun): void {
    this.#end(active, new RunReleasedError());
  }

  #releaseAll(): void {
    for (const active of this.#active.values()) this.#release(active);
  }

  /** How many of the places are taken: those who wait for a decision need none. */
  get #places(): number {
    return this.#active.size + this.#claiming.size - this.#waiting.size;
  }

  #giveUp(active: ActiveRun): void {
    // By now it may have been taken over, by this very process.
    if (this.#active.get(active.run.id) === active) this.#active.delete(active.run.id);
    this.#waiting.delete(active);
    active.markSettled();
  }

  async #allSettled(): Promise<void> {
    // A run that settles may let a queued one begin: look again until none is left.
    while (this.#active.size > 0) {
      await Promise.all([...this.#active.values()].map((active) => active.settled));
    }
  }

  async #outcome(active: ActiveRun, work: RunWork): Promise<RunOutcome> {
    const { signal, progress, interrupted } = active;
    const append = (events: readonly RunEventBody[]): Promise<void> => active.append(events);
    const setWaiting = (isWaiting: boolean): Promise<void> => this.#setWaiting(active, isWaiting);
    try {
      signal.throwIfAborted();
      return await work({ append, setWaiting, signal, progress, interrupted });
    } catch (error) {
      if (isNoOutcome(error) && !this.#isUnreadable(error)) throw error;
      const cancelled = error instanceof RunCancelledError;
      return {
        ...NO_OUTCOME,
        ...(cancelled && { state: 'cancelled', finishReason: 'cancelled' }),
        error,
      };
    }
  }

  /**
   * The store first, then the terminal event: when a reader has met the end of a run, its session is
   * free for the next message and `GET /runs/{id}` says the same.
   * @throws StaleEpochError when the run belongs to another owner by now
   * @throws StorageUnavailableError when the end cannot be written: whoever takes the run over will
   */
  async #settle(active: ActiveRun, outcome: RunOutcome): Promise<void> {
    const { run } = active;
    const { state } = outcome;
    const settlement: Settlement = {
      finishReason: outcome.finishReason,
      usage: outcome.usage,
      timings: active.timings,
      attempts: outcome.attempts,
      ...(outcome.output !== undefined && { output: outcome.output }),
      ...(outcome.repaired && { repaired: true }),
      ...(state === 'failed' && { error: toFailure(outcome.error) }),
    };
    const releaseKey = state === 'failed' && !!settlement.error?.retryable && !active.hasText;
    await active.requireOwnership();
    try {
      // A clock that was set back meanwhile would let the run end before it began.
      const finishedAt = Math.max(run.createdAt, Date.now());
      const settled = { state, settlement, finishedAt, releaseKey };
      await this.store.settle(run, run.epoch, settled);
    } catch (error) {
      // Whoever takes it over settles it. Where that was tried already, readers are told the end all
      // the same: the log, not the store, is what they wait for.
      if (isNoOutcome(error) || active.interrupted === undefined) throw error;
      this.report.unsettled(run, error);
    }
    await active.append([{ type: state, ...settlement }]);
    this.report.settled(run, outcome, settlement);
  }

  async #setWaiting(active: ActiveRun, isWaiting: boolean): Promise<void> {
    const { run } = active;
    await this.store.setWaiting(run, run.epoch, isWaiting);
    if (!isWaiting) this.#waiting.delete(active);
    // It may have been given up meanwhile.
    else if (this.#active.get(run.id) === active) this.#waiting.add(active);
    // Nobody can tell how long it would go on to wait.
    if (isWaiting && this.lifecycle.stopping) this.#release(active);
  }

  /** Whether something could not be read while all can be written: nobody else would fare better. */
  #isUnreadable(error: unknown): boolean {
    return error instanceof StorageUnavailableError && this.storage.available;
  }
}

/** Whether a failure ends this process's work for the run, but not the run. */
function isNoOutcome(error: unknown): boolean {
  return (
    error instanceof StaleEpochError ||
    error instanceof RunReleasedError ||
    error instanceof StorageUnavailableError
  );
}

const NO_WORK = failingWith(new Error('A run without work was performed.'));

/** What readers are told of a failure: only errors that we made to be read speak for themselves. */
function toFailure(error: unknown): RunFailure {
  if (error instanceof ProblemError) {
    const { code, message, retryable, retryAfter } = error;
    return { code, message, retryable, ...(retryAfter !== undefined && { retryAfter }) };
  }
  return { code: 'internal', message: 'Something went wrong on our side.', retryable: false };
}
