import { Injectable } from '@nestjs/common';
import { filter, firstValueFrom, from, race, startWith, Subject, timer } from 'rxjs';
import type { ActiveRun } from '../../runs/active-run.js';
import type { ApprovalDecision } from '../../runs/run-event.js';
import type { ApprovalWait } from './approval-wait.js';

/** How long a run may take from its take-over until it waits again, in milliseconds. */
const LONGEST_START = 15_000;

/** The runs of this process that wait for decisions on their tool calls. */
@Injectable()
export class Approvals {
  readonly #waits = new Map<string, ApprovalWait>();
  readonly #opened = new Subject<string>();

  /** A run begins to wait. */
  open(runId: string, wait: ApprovalWait): void {
    this.#waits.set(runId, wait);
    this.#opened.next(runId);
  }

  /** It waits no longer. */
  close(runId: string, wait: ApprovalWait): void {
    // By now it may have been taken over, by this very process.
    if (this.#waits.get(runId) === wait) this.#waits.delete(runId);
  }

  /**
   * Hands decisions to the run that waits for them. One that was taken over a moment ago may have to come
   * to its wait first.
   * @returns whether it waits here
   * @throws ApprovalNotFoundError, ApprovalDecidedError, StorageUnavailableError: nothing is decided
   */
  async decide(
    { run: { id: runId }, settled }: ActiveRun,
    decisions: readonly ApprovalDecision[],
  ): Promise<boolean> {
    const opened = this.#opened.pipe(
      startWith(runId),
      filter((id) => id === runId && this.#waits.has(id)),
    );
    await firstValueFrom(race(opened, from(settled), timer(LONGEST_START)));
    const wait = this.#waits.get(runId);
    await wait?.decide(decisions);
    return wait !== undefined;
  }
}
