import { Injectable } from '@nestjs/common';
import { Lifecycle, ShuttingDownError } from '../../http/lifecycle.js';
import type { ApprovalDecision, RunEvent } from '../../runs/run-event.js';
import { RunWatchers } from '../../runs/run-watchers.js';
import { RunWorker } from '../../runs/run-worker.js';
import type { RunKey } from '../../runs/run.js';
import { StorageUnavailableError } from '../../storage/storage-errors.js';
import { ApprovalDecidedError, ApprovalNotFoundError } from './approval-errors.js';
import { Approvals } from './approvals.js';

/** The tool calls of a run that needed a decision, by its log. */
class AskedCalls {
  readonly asked = new Set<string>();
  readonly open = new Set<string>();

  add(event: RunEvent): this {
    if (event.type === 'approval_required') {
      for (const { id } of event.approvals) {
        this.asked.add(id);
        this.open.add(id);
      }
    } else if (event.type === 'approval_decided') {
      for (const { id } of event.decisions) this.open.delete(id);
    } else if (event.type === 'tool_result') this.open.delete(event.toolResult.id);
    return this;
  }
}

/** Brings the decisions of callers to the runs that wait for them. */
@Injectable()
export class ApprovalDecisions {
  constructor(
    private readonly approvals: Approvals,
    private readonly lifecycle: Lifecycle,
    private readonly watchers: RunWatchers,
    private readonly worker: RunWorker,
  ) {}

  /**
   * All of the decisions are taken or none.
   * @throws ApprovalNotFoundError, ApprovalDecidedError
   * @throws ShuttingDownError, StorageUnavailableError when the run is left to its next owner
   */
  async take({ owner, id }: RunKey, decisions: readonly ApprovalDecision[]): Promise<void> {
    const { asked, open } = await this.watchers.reduce({ owner, id }, new AskedCalls());
    for (const decision of decisions) {
      if (!asked.has(decision.id)) throw new ApprovalNotFoundError(id, decision.id);
      if (!open.has(decision.id)) throw new ApprovalDecidedError(id, decision.id);
    }
    const active = this.worker.owned(id);
    if (active !== undefined && (await this.approvals.decide(active, decisions))) return;
    // The log has no end of it, and nobody here works on it.
    throw this.lifecycle.stopping ? new ShuttingDownError() : new StorageUnavailableError();
  }
}
