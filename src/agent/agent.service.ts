import { Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { firstValueFrom, fromEvent, merge, takeUntil, timer, type Observable } from 'rxjs';
import { Settings } from '../config/settings.js';
import { idTime, isId, newId } from '../http/id.js';
import { Lifecycle, ShuttingDownError } from '../http/lifecycle.js';
import { Logger } from '../logging/logger.js';
import { ModelRegistry } from '../models/model-registry.js';
import type { ActiveRun } from '../runs/active-run.js';
import { RunAudience } from '../runs/run-audience.js';
import {
  IdempotencyConflictError,
  OverloadedError,
  PositionInvalidError,
  RunExpiredError,
  RunNotFoundError,
  SessionBusyError,
} from '../runs/run-errors.js';
import { isTerminal, type RunEvent } from '../runs/run-event.js';
import type { RunReduction } from '../runs/run-reduction.js';
import { RunStore, type Admission, type RunFilter, type RunPage } from '../runs/run-store.js';
import { RunTakeover } from '../runs/run-takeover.js';
import { RunWatchers, type Demand } from '../runs/run-watchers.js';
import { failingWith } from '../runs/run-work.js';
import { RunWorker } from '../runs/run-worker.js';
import { isFinished, type Owner, type Run, type RunKey, type RunState } from '../runs/run.js';
import { SessionNotFoundError } from '../sessions/session-errors.js';
import { titleOf } from '../sessions/session.js';
import { SessionStore } from '../sessions/session-store.js';
import { StorageUnavailableError } from '../storage/storage-errors.js';
import { Storage } from '../storage/storage.js';
import { AgentRegistry } from './agent-registry.js';
import { AgentWork } from './agent-work.js';
import type { StartRun } from './start-run.js';

/** How much text a page of a list holds before it ends early, in characters. */
const FULL_PAGE = 1024 * 1024;

/** A run and what its events add up to so far. */
export interface DescribedRun {
  run: Run;
  reduction: RunReduction;
}

/** Some of an owner's runs. */
export interface DescribedPage {
  runs: readonly DescribedRun[];
  /** The run that the next page comes after; undefined where there is no next page. */
  lastId: string | undefined;
}

/** What controllers talk to: starts runs, lets them be followed, listed and cancelled. */
@Injectable()
export class AgentService implements OnModuleInit, OnApplicationBootstrap {
  constructor(
    private readonly agents: AgentRegistry,
    private readonly audience: RunAudience,
    private readonly lifecycle: Lifecycle,
    private readonly logger: Logger,
    private readonly models: ModelRegistry,
    private readonly sessions: SessionStore,
    private readonly settings: Settings,
    private readonly storage: Storage,
    private readonly store: RunStore,
    private readonly takeover: RunTakeover,
    private readonly watchers: RunWatchers,
    private readonly work: AgentWork,
    private readonly worker: RunWorker,
  ) {}

  onModuleInit(): void {
    this.worker.settled.subscribe((run) => {
      this.#beginQueued(run).catch((error: unknown) => {
        this.logger.error({ session_id: run.sessionId, err: error }, 'queue stuck');
      });
    });
    this.storage.restored.subscribe(() => {
      this.#takeOver(false).catch((error: unknown) => {
        this.logger.error({ err: error }, 'runs not taken over');
      });
    });
  }

  /** Goes on with what a process before this one has left, before any request comes. */
  async onApplicationBootstrap(): Promise<void> {
    await this.#takeOver(true);
  }

  /**
   * Starts a run, or joins the one that the idempotency key names. Nothing is kept of a request
   * that is refused.
   * @throws AgentNotFoundError, ModelNotFoundError, ModelUnavailableError, SessionNotFoundError,
   * SessionBusyError, IdempotencyConflictError, PositionInvalidError, OverloadedError
   */
  async start(asked: StartRun): Promise<Run> {
    const known = await this.#joined(asked);
    if (known !== undefined) return known;
    if (asked.after !== undefined && asked.after > 0) {
      // A new run would begin at 1 and repeat what the caller has already read elsewhere.
      throw new PositionInvalidError(
        `No run is known under this Idempotency-Key, so there is nothing after ${asked.after}.`,
      );
    }
    const run = await this.#resolve(asked);
    const active = await this.#own(run, asked);
    // Before anybody can know of the run: a watcher that came earlier would not be counted.
    this.audience.require(run, active.settled);
    const admission = await this.#admit(active, asked);
    if (admission.outcome === 'created' && admission.run.state === 'running') this.#begin(active);
    return admission.run;
  }

  /** Follows a run from a position, each subscription as a watcher of its own. */
  follow(run: RunKey, after?: number, demand?: Demand): Observable<RunEvent> {
    return this.watchers.watch(run, after, demand);
  }

  /** What a run comes to, once it has ended. The subscription is a watcher, as that of `follow`. */
  whole(run: RunKey): Observable<RunReduction> {
    return this.watchers.whole(run);
  }

  /**
   * Waits for the first event of a run, so that what fails before it can still be answered with a
   * status: at most `HEADERS_WAIT`, and no longer than the caller stays.
   */
  async firstEvent(run: RunKey, signal: AbortSignal): Promise<RunEvent | undefined> {
    const waitedLongEnough = merge(timer(this.settings.headersWaitMs), fromEvent(signal, 'abort'));
    const first = this.follow(run).pipe(takeUntil(waitedLongEnough));
    return firstValueFrom(first, { defaultValue: undefined });
  }

  /** @throws RunNotFoundError, RunExpiredError */
  async get(key: RunKey): Promise<Run> {
    const run = await this.store.get(key);
    if (run !== undefined) return run;
    const keptSince = Date.now() - this.settings.runRetentionMs;
    throw isId(key.id) && idTime(key.id) < keptSince
      ? new RunExpiredError(key.id)
      : new RunNotFoundError(key.id);
  }

  /** A run and what its events add up to so far. @throws RunNotFoundError, RunExpiredError */
  async describe(key: RunKey): Promise<DescribedRun> {
    return this.#described(await this.get(key));
  }

  /**
   * A page of an owner's runs, newest first: fewer than the limit where their texts are long, but
   * one at least. A run that is swept meanwhile is left out.
   */
  async list(owner: Owner, filter: RunFilter, { before, limit }: RunPage): Promise<DescribedPage> {
    // One more than may be shown tells whether there is a next page.
    const found = await this.store.list(owner, filter, { before, limit: limit + 1 });
    const runs: DescribedRun[] = [];
    let looked = 0;
    for (let size = 0; looked < Math.min(limit, found.length) && size < FULL_PAGE; looked += 1) {
      const described = await this.#unlessSwept(found[looked]!);
      if (described === undefined) continue;
      // By the time that its text is read it may stand otherwise than when it was found.
      if (filter.state !== undefined && filter.state !== stateOf(described)) continue;
      runs.push(described);
      size += described.reduction.text.length;
    }
    return { runs, lastId: looked < found.length ? found[looked - 1]!.id : undefined };
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

  /** The run that the caller's idempotency key names already. */
  async #joined({ owner, idempotency }: StartRun): Promise<Run | undefined> {
    if (idempotency === undefined) return undefined;
    const known = await this.store.findByIdempotencyKey(owner, idempotency.key);
    if (known !== undefined && known.idempotency?.fingerprint !== idempotency.fingerprint) {
      throw new IdempotencyConflictError(known.id);
    }
    return known;
  }

  async #resolve(asked: StartRun): Promise<Run> {
    const { owner, sessionId } = asked;
    const agent = this.agents.resolve(asked.agent);
    const model = this.models.resolve(asked.model ?? agent.model);
    if (
      sessionId !== undefined &&
      (await this.sessions.get({ owner, id: sessionId })) === undefined
    ) {
      throw new SessionNotFoundError(sessionId);
    }
    return {
      id: newId(),
      owner,
      sessionId: asked.inSession ? (sessionId ?? newId()) : null,
      model: model.name,
      agent: agent.id,
      state: 'running',
      epoch: 0,
      takeovers: 0,
      request: asked.request,
      metadata: asked.metadata,
      idempotency: asked.idempotency,
      requestId: asked.requestId,
      createdAt: Date.now(),
      finishedAt: null,
    };
  }

  /** @throws SessionBusyError, OverloadedError, ShuttingDownError */
  async #own(run: Run, { onBusy, sessionId }: StartRun): Promise<ActiveRun> {
    try {
      return await this.worker.own(run);
    } catch (error) {
      const isRefused = onBusy === 'reject' && sessionId !== undefined;
      if (!(error instanceof OverloadedError) || !isRefused) throw error;
      // To come again is no use to a caller whose session is busy: the next answer would be that.
      const page = { limit: 1 };
      const [ahead] = await this.store.list(run.owner, { sessionId, state: 'running' }, page);
      throw ahead === undefined ? error : new SessionBusyError(sessionId, ahead.id);
    }
  }

  /** @throws SessionBusyError, IdempotencyConflictError */
  async #admit(active: ActiveRun, { onBusy, sessionId }: StartRun): Promise<Admission> {
    const { run } = active;
    let owned = false;
    try {
      const admission = await this.store.admit(run, onBusy === 'queue');
      const { outcome } = admission;
      if (outcome === 'busy') throw new SessionBusyError(run.sessionId!, admission.run.id);
      if (outcome === 'conflict') throw new IdempotencyConflictError(admission.run.id);
      owned = outcome === 'created';
      if (owned && run.sessionId !== null && sessionId === undefined) await this.#openSession(run);
      return admission;
    } catch (error) {
      // Admitted, and cannot begin: it has to end all the same, or its place stays taken for ever.
      if (owned) void this.worker.perform(active, failingWith(error));
      throw error;
    } finally {
      if (!owned) await this.worker.disown(active);
    }
  }

  async #openSession({ owner, sessionId, request, createdAt }: Run): Promise<void> {
    const title = titleOf(request.messages[0]!.content);
    await this.sessions.create({ id: sessionId!, owner, title, createdAt });
  }

  /** @param run as the store has it */
  async #described(run: Run): Promise<DescribedRun> {
    const reduction = await this.watchers.reduction(run);
    // A run's text is whole before the store says that it has ended.
    if (isFinished(run.state)) return { run, reduction };
    // Read after the log: a run whose terminal event is there has settled in the store.
    const current = await this.get(run);
    // It may have ended in between: its last pieces of text are then not in what was read.
    const isStale = isFinished(current.state) && reduction.terminal === undefined;
    return isStale ? this.#described(current) : { run: current, reduction };
  }

  async #unlessSwept(run: Run): Promise<DescribedRun | undefined> {
    try {
      return await this.#described(run);
    } catch (error) {
      if (error instanceof RunExpiredError || error instanceof RunNotFoundError) return undefined;
      throw error;
    }
  }

  async #takeOver(afterStart: boolean): Promise<void> {
    const taken = await this.takeover.takeOver({ afterStart });
    for (const active of taken) {
      this.audience.require(active.run, active.settled);
      if (active.run.state !== 'queued') this.#begin(active);
    }
    // Where the run before them has settled in the moment of the death, nothing else promotes them.
    for (const { run } of taken) if (run.state === 'queued') await this.#beginQueued(run);
  }

  #begin(active: ActiveRun): void {
    void this.worker.perform(active, this.work.of(active.run));
  }

  /** Lets the next queued run of a session begin once the one before it has settled. */
  async #beginQueued({ owner, sessionId }: Run): Promise<void> {
    if (sessionId === null) return;
    const next = await this.store.promoteQueued(owner, sessionId);
    const active = next && this.worker.owned(next.id);
    if (active !== undefined) this.#begin(active);
  }
}

/** The log's word goes before the store's, as everywhere: it is what readers have seen. */
function stateOf({ run, reduction }: DescribedRun): RunState {
  return reduction.terminal?.type ?? run.state;
}
