import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { idTime, isId } from '../http/id.js';
import { RunExpiredError, RunNotFoundError } from '../runs/run-errors.js';
import type { RunReduction } from '../runs/run-reduction.js';
import { RunStore, type RunFilter, type RunPage } from '../runs/run-store.js';
import { RunWatchers } from '../runs/run-watchers.js';
import { isFinished, type Owner, type Run, type RunKey, type RunState } from '../runs/run.js';

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

/** Says how runs stand: what the store knows of them, and what their logs add up to. */
@Injectable()
export class RunDescriptions {
  constructor(
    private readonly settings: Settings,
    private readonly store: RunStore,
    private readonly watchers: RunWatchers,
  ) {}

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
}

/** The log's word goes before the store's, as everywhere: it is what readers have seen. */
export function stateOf({ run, reduction }: DescribedRun): RunState {
  return reduction.terminal?.type ?? run.state;
}
