import { Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import {
  EMPTY,
  auditTime,
  defer,
  firstValueFrom,
  fromEvent,
  merge,
  mergeMap,
  retry,
  takeUntil,
  tap,
  timer,
  type Observable,
} from 'rxjs';
import { Settings } from '../config/settings.js';
import { Lifecycle, ShuttingDownError } from '../http/lifecycle.js';
import { Logger } from '../logging/logger.js';
import type { ActiveRun } from '../runs/active-run.js';
import { RunAudience } from '../runs/run-audience.js';
import { PositionInvalidError } from '../runs/run-errors.js';
import { isTerminal, type ApprovalDecision, type RunEvent } from '../runs/run-event.js';
import type { RunReduction } from '../runs/run-reduction.js';
import { RunStore, type RunFilter, type RunPage } from '../runs/run-store.js';
import { RunTakeover, type TakeoverReason } from '../runs/run-takeover.js';
import { RunWatchers, type Demand, type EventPage } from '../runs/run-watchers.js';
import { failingWith } from '../runs/run-work.js';
import { RunWorker } from '../runs/run-worker.js';
import { isFinished, type Owner, type Run, type RunKey } from '../runs/run.js';
import { UnstoredRuns } from '../runs/unstored-runs.js';
import { StorageUnavailableError } from '../storage/storage-errors.js';
import { Storage } from '../storage/storage.js';
import { AgentWork } from './agent-work.js';
import { RunAdmission } from './run-admission.js';
import {
  RunDescriptions,
  stateOf,
  type DescribedPage,
  type DescribedRun,
} from './run-descriptions.js';
import type { StartRun } from './start-run.js';
import { ApprovalDecisions } from './tool-calls/approval-decisions.js';

/** From what failed to the next try, in milliseconds. */
const RETRY_AFTER = 1_000;

/** What controllers talk to: starts runs, lets them be followed, listed and cancelled. */
@Injectable()
export class AgentService implements OnModuleInit, OnApplicationBootstrap {
  /** One take-over at a time: two would take the same runs from each other. */
  #takingOver: Promise<void> = Promise.resolve();

  constructor(
    private readonly admission: RunAdmission,
    private readonly audience: RunAudience,
    private readonly decisions: ApprovalDecisions,
    private readonly descriptions: RunDescriptions,
    private readonly lifecycle: Lifecycle,
    private readonly logger: Logger,
    private readonly settings: Settings,
    private readonly storage: Storage,
    private readonly store: RunStore,
    private readonly takeover: RunTakeover,
    private readonly unstored: UnstoredRuns,
    private readonly watchers: RunWatchers,
    private readonly work: AgentWork,
    private readonly worker: RunWorker,
  ) {}

  onModuleInit(): void {
    this.worker.settled.pipe(mergeMap((run) => this.#nextInSession(run))).subscribe();
    this.storage.restored.subscribe(() => this.#takeOverLater('restored'));
    this.worker.abandoned.pipe(auditTime(RETRY_AFTER)).subscribe(() => {
      // Otherwise they are taken over once it is there again.
      if (this.storage.available) this.#takeOverLater('abandoned');
    });
  }

  /** Goes on with what a process before this one has left, before any request comes. */
  async onApplicationBootstrap(): Promise<void> {
    await this.#takeOver('started');
  }

  /** Starts a run, or joins the one that the idempotency key names. @throws as `RunAdmission.admit` */
  async start(asked: StartRun): Promise<Run> {
    const { run, begin } = await this.admission.admit(asked);
    if (begin !== undefined) this.#begin(begin);
    return run;
  }

  /** Follows a run from a position, each subscription as a watcher of its own. */
  follow(run: Run, after?: number, demand?: Demand): Observable<EventPage> {
    const pages = this.watchers.pages(run, after, demand);
    if (run.request.store !== false) return pages;
    return pages.pipe(tap({ complete: () => this.unstored.hasBeenRead(run) }));
  }

  /**
   * What a run comes to, once it has ended, or once it waits for a decision where that is asked for. The
   * subscription is a watcher, as that of `follow`.
   */
  whole(run: Run, options?: { orWaiting: boolean }): Observable<RunReduction> {
    return this.watchers.whole(run, options).pipe(
      tap(({ terminal }) => {
        if (terminal !== undefined) this.unstored.hasBeenRead(run);
      }),
    );
  }

  /**
   * Waits for the first event of a run, so that what fails before it can still be answered with a
   * status: at most `HEADERS_WAIT`, and no longer than the caller stays.
   */
  async firstEvent(run: Run, signal: AbortSignal): Promise<RunEvent | undefined> {
    if (signal.aborted) return undefined;
    const waitedLongEnough = merge(timer(this.settings.headersWaitMs), fromEvent(signal, 'abort'));
    const watched = this.watchers.watch(run).pipe(takeUntil(waitedLongEnough));
    const first = await firstValueFrom(watched, { defaultValue: undefined });
    // It is told as the whole answer.
    if (first !== undefined && isTerminal(first)) this.unstored.hasBeenRead(run);
    return first;
  }

  /** @throws RunNotFoundError, RunExpiredError */
  get(key: RunKey): Promise<Run> {
    return this.descriptions.get(key);
  }

  /** A run and what its events add up to so far. @throws RunNotFoundError, RunExpiredError */
  async describe(key: RunKey): Promise<DescribedRun> {
    const described = await this.descriptions.describe(key);
    if (described.run.finishedAt !== null) this.unstored.hasBeenRead(described.run);
    return described;
  }

  /** A page of an owner's runs, newest first; see `RunDescriptions.list`. */
  list(owner: Owner, filter: RunFilter, page: RunPage): Promise<DescribedPage> {
    return this.descriptions.list(owner, filter, page);
  }

  /**
   * Ends a run before its time and waits until it has settled; one that has ended stays as it is.
   * @throws RunNotFoundError, RunExpiredError
   * @throws ShuttingDownError, StorageUnavailableError when it is left to its next owner instead
   */
  async cancel(key: RunKey): Promise<DescribedRun> {
    await this.get(key);
    await this.worker.cancel(key, 'A caller cancelled the run.');
    const described = await this.describe(key);
    if (isFinished(stateOf(described))) return described;
    // Whoever takes it over goes on with it: only a settled run stays cancelled.
    throw this.lifecycle.stopping ? new ShuttingDownError() : new StorageUnavailableError();
  }

  /**
   * Takes decisions on the tool calls that a run waits with: all of them or none.
   * @throws RunNotFoundError, RunExpiredError
   * @throws ApprovalNotFoundError, ApprovalDecidedError
   * @throws ShuttingDownError, StorageUnavailableError when the run is left to its next owner
   */
  async decide(key: RunKey, decisions: readonly ApprovalDecision[]): Promise<DescribedRun> {
    await this.get(key);
    await this.decisions.take(key, decisions);
    return this.describe(key);
  }

  /**
   * Whether a reader at a position has seen the whole run.
   * @throws PositionInvalidError when the log does not reach that far
   */
  async hasEndedAt(key: RunKey, position: number): Promise<boolean> {
    if (position === 0) return false;
    const event = await this.watchers.eventAt(key, position);
    if (event === undefined) {
      throw new PositionInvalidError(`The run ${key.id} has no event ${position} yet.`);
    }
    return isTerminal(event);
  }

  #takeOverLater(why: TakeoverReason): void {
    this.#takingOver = this.#takingOver.then(() =>
      this.#takeOver(why).catch((error: unknown) => {
        this.logger.error({ err: error }, 'runs not taken over');
      }),
    );
  }

  async #takeOver(why: TakeoverReason): Promise<void> {
    for await (const active of this.takeover.takeOver(why)) {
      const { run } = active;
      this.audience.require(run, active.settled);
      // Read anew: before it was ours, it may have been promoted and found no owner.
      try {
        const isQueued = run.state === 'queued' && (await this.store.get(run))?.state === 'queued';
        if (isQueued) await this.#beginQueued(run);
        else this.#begin(active);
      } catch (error) {
        // It is ours: nobody else would ever end it.
        void this.worker.perform(active, failingWith(error));
      }
    }
  }

  #begin(active: ActiveRun): void {
    void this.worker.perform(active, this.work.of(active.run));
  }

  /** Tries until the next run of a session has begun, unless it is to be taken over in any case. */
  #nextInSession(run: Run): Observable<void> {
    const delay = (error: unknown): Observable<unknown> => {
      this.logger.error({ session_id: run.sessionId, err: error }, 'queue stuck');
      const isLeft = this.lifecycle.stopping || !this.storage.available;
      return isLeft ? EMPTY : timer(RETRY_AFTER);
    };
    return defer(() => this.#beginQueued(run)).pipe(retry({ delay }));
  }

  /** Lets the next queued run of a session begin once the one before it has settled. */
  async #beginQueued({ owner, sessionId }: Run): Promise<void> {
    if (sessionId === null) return;
    const next = await this.store.promoteQueued(owner, sessionId);
    const active = next && this.worker.owned(next.id);
    if (active !== undefined) this.#begin(active);
  }
}
