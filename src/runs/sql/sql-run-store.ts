import { Injectable } from '@nestjs/common';
import { sql, type Kysely } from 'kysely';
import { SqlDatabase } from '../../storage/sql/sql-database.js';
import type { Tables } from '../../storage/sql/tables.js';
import { StaleEpochError } from '../run-errors.js';
import {
  RunStore,
  type Admission,
  type RunFilter,
  type RunPage,
  type SettledState,
} from '../run-store.js';
import { isFinished, type Owner, type Run, type RunKey } from '../run.js';
import { RUN_COLUMNS, toRow, toRun } from './run-row.js';
import {
  ACTIVE,
  firstUnfinishedIn,
  owned,
  prepareStatements,
  UNFINISHED,
  type RunStatements,
} from './run-statements.js';

/** 1 for a run that is worked on: one that waits for a decision takes no owner down. */
const NOT_WAITING = sql<number>`case when state = 'waiting' then 0 else 1 end`;

const NO_MESSAGES = sql<string>`'[]'`.as('request_messages');
const WITHOUT_MESSAGES = [
  ...RUN_COLUMNS.filter((column) => column !== 'request_messages'),
  NO_MESSAGES,
] as const;

/**
 * Keeps the runs in a table, of SQLite as of PostgreSQL with several processes on it.
 *
 * A call is one statement where it can be, and the unique indices of `runs` decide who wins. Where a
 * statement has done nothing, others ask why. What they find may have changed by then: what cannot
 * change back is the answer, else the call begins anew.
 */
@Injectable()
export class SqlRunStore extends RunStore {
  readonly #db: Kysely<Tables>;
  readonly #statements: RunStatements;

  constructor({ db }: SqlDatabase) {
    super();
    this.#db = db;
    this.#statements = prepareStatements(db);
  }

  override async admit(run: Run, queue: boolean): Promise<Admission> {
    const running: Run = { ...run, state: 'running' };
    const queued: Run = { ...run, state: 'queued' };
    for (;;) {
      if (await this.#admitRunning(running)) return { outcome: 'created', run: running };
      const known = await this.#known(run);
      if (known !== undefined) return known;
      if (run.sessionId === null) continue;
      if (queue) {
        if (await this.#admitQueued(queued)) return { outcome: 'created', run: queued };
      } else {
        const ahead = await firstUnfinishedIn(this.#db, run).selectAll().executeTakeFirst();
        if (ahead !== undefined) return { outcome: 'busy', run: toRun(ahead) };
      }
    }
  }

  override async get({ owner, id }: RunKey): Promise<Run | undefined> {
    const row = await this.#statements.get.first({ owner, id });
    return row && toRun(row);
  }

  override async findByIdempotencyKey(owner: Owner, key: string): Promise<Run | undefined> {
    const row = await this.#statements.findByIdempotencyKey.first({ owner, key });
    return row && toRun(row);
  }

  override async list(
    owner: Owner,
    { sessionId, state, idempotencyKey }: RunFilter,
    { before, limit }: RunPage,
  ): Promise<readonly Run[]> {
    let runs = owned(this.#db, owner).clearSelect().select(WITHOUT_MESSAGES);
    if (sessionId !== undefined) runs = runs.where('session_id', '=', sessionId);
    if (state !== undefined) runs = runs.where('state', '=', state);
    if (idempotencyKey !== undefined) runs = runs.where('idempotency_key', '=', idempotencyKey);
    if (before !== undefined) runs = runs.where('id', '<', before);
    return (await runs.orderBy('id', 'desc').limit(limit).execute()).map(toRun);
  }

  override async promoteQueued(owner: Owner, sessionId: string): Promise<Run | undefined> {
    // Nearly always nobody waits. To see that takes no transaction.
    const first = await this.#statements.firstQueued.first({ owner, sessionId });
    if (first === undefined) return undefined;
    for (;;) {
      try {
        const row = await this.#statements.promoteQueued.first({ owner, sessionId });
        return row && toRun(row);
      } catch (error) {
        // A run that was admitted at this moment has come first.
        if (!isUniqueViolation(error)) throw error;
      }
    }
  }

  override async takeOver(
    key: RunKey,
    epoch: number,
    { counts }: { counts: boolean },
  ): Promise<Run | undefined> {
    const row = await this.#db
      .updateTable('runs')
      .set((run) => ({ epoch, takeovers: run('takeovers', '+', counts ? NOT_WAITING : 0) }))
      .where('owner', '=', key.owner)
      .where('id', '=', key.id)
      .where('epoch', '<=', epoch)
      .where(UNFINISHED)
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? this.#ended(key, epoch) : toRun(row);
  }

  override async setWaiting(key: RunKey, epoch: number, isWaiting: boolean): Promise<void> {
    const { numUpdatedRows } = await this.#db
      .updateTable('runs')
      .set({ state: isWaiting ? 'waiting' : 'running' })
      .where('owner', '=', key.owner)
      .where('id', '=', key.id)
      .where('epoch', '<=', epoch)
      .where(ACTIVE)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) await this.#ended(key, epoch);
  }

  override async settle(key: RunKey, epoch: number, settled: SettledState): Promise<void> {
    const { state, finishedAt, releaseKey } = settled;
    const settlement = JSON.stringify(settled.settlement);
    const statement = this.#statements[releaseKey ? 'settleAndReleaseKey' : 'settle'];
    const { owner, id } = key;
    const { numAffectedRows } = await statement.run({
      owner,
      id,
      epoch,
      state,
      settlement,
      finishedAt,
    });
    if (numAffectedRows === 0n) await this.#ended(key, epoch);
  }

  override async expired(finishedBefore: number, limit: number): Promise<readonly RunKey[]> {
    return this.#db
      .selectFrom('runs')
      .select(['owner', 'id'])
      .where('finished_at', '<', finishedBefore)
      .orderBy('finished_at')
      .limit(limit)
      .execute();
  }

  override async forget(keys: readonly RunKey[]): Promise<void> {
    if (keys.length === 0) return;
    const pairs = sql.join(keys.map(({ owner, id }) => sql`(${owner}, ${id})`));
    await this.#db
      .deleteFrom('runs')
      .where(sql<boolean>`(owner, id) in (values ${pairs})`)
      .where('finished_at', 'is not', null)
      .execute();
  }

  /** Keeps a run as running, unless its key is taken or its session has an unfinished run. */
  async #admitRunning(run: Run): Promise<boolean> {
    const { numAffectedRows } = await this.#statements.admitRunning.run(toRow(run));
    return numAffectedRows === 1n;
  }

  /**
   * Keeps a run as queued, unless its key is taken or nothing is ahead of it any more. The run ahead
   * stays locked meanwhile: had it settled and looked for the next one before this one was to be
   * seen, nobody would ever promote it.
   */
  async #admitQueued(run: Run): Promise<boolean> {
    return this.#db.transaction().execute(async (trx) => {
      const ahead = await trx
        .updateTable('runs')
        .set((ahead) => ({ epoch: ahead.ref('epoch') }))
        .where('owner', '=', run.owner)
        .where('id', '=', firstUnfinishedIn(this.#db, run).select('id'))
        .where(UNFINISHED)
        .executeTakeFirst();
      if (ahead.numUpdatedRows === 0n) return false;
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto('runs')
        .values(toRow(run))
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    });
  }

  /** What has come of a run that is there already, by itself or by the key that it shares. */
  async #known(run: Run): Promise<Admission | undefined> {
    const { owner, idempotency } = run;
    // Admitted before, by a call whose answer was lost on its way.
    const admitted = await this.get(run);
    if (admitted !== undefined) return { outcome: 'created', run: admitted };
    if (idempotency === undefined) return undefined;
    const named = await this.findByIdempotencyKey(owner, idempotency.key);
    if (named === undefined) return undefined;
    const same = named.idempotency?.fingerprint === idempotency.fingerprint;
    return { outcome: same ? 'joined' : 'conflict', run: named };
  }

  /**
   * A run that an owner's statement has passed over: it has ended, or there is none.
   * @throws StaleEpochError when it has not, so that a later ownership is known
   */
  async #ended(key: RunKey, epoch: number): Promise<Run | undefined> {
    const run = await this.get(key);
    if (run !== undefined && !isFinished(run.state)) throw new StaleEpochError(key.id, epoch);
    return run;
  }
}

/** PostgreSQL's, where two transactions cannot see each other; what SQLite does has one order. */
function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505';
}
