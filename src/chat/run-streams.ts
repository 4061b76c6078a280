import { Injectable, type MessageEvent } from '@nestjs/common';
import type { Response } from 'express';
import { EMPTY, Observable, defer, finalize, firstValueFrom, from } from 'rxjs';
import { AgentService } from '../agent/agent.service.js';
import { Settings } from '../config/settings.js';
import { Lifecycle } from '../http/lifecycle.js';
import { ProblemError } from '../http/problem.js';
import { closeAsAsked, deliver, drained } from '../http/sse.js';
import { Logger } from '../logging/logger.js';
import type { Run } from '../runs/run.js';
import { SharedEncoders } from '../wire/native/shared-encoders.js';
import { RunFailedError } from './run-failed-error.js';
import { whileDeliverable } from './while-deliverable.js';

/** Delivers runs as Server-Sent Events. */
@Injectable()
export class RunStreams {
  readonly #encoders = new SharedEncoders();

  constructor(
    private readonly agents: AgentService,
    private readonly lifecycle: Lifecycle,
    private readonly logger: Logger,
    private readonly settings: Settings,
  ) {}

  /**
   * Waits for the beginning of a run, `HEADERS_WAIT` at most: what fails before it is a status.
   * @param left aborted when the reader has left
   * @throws RunFailedError, RunUndeliveredError
   */
  async begun(run: Run, left: AbortSignal): Promise<void> {
    const first = await firstValueFrom(
      from(this.agents.firstEvent(run, left)).pipe(whileDeliverable(run, this.lifecycle)),
    );
    if (first?.type === 'failed') throw new RunFailedError(run, first.error!, '');
  }

  /**
   * The chunks of a run after a position. A reader that has seen the last one gets 204, which tells
   * an `EventSource` to stop.
   * @throws PositionInvalidError when the log does not reach that far
   */
  async open(run: Run, after: number, response: Response): Promise<Observable<MessageEvent>> {
    if (await this.agents.hasEndedAt(run, after)) {
      response.status(204).end();
      return EMPTY;
    }
    closeAsAsked(response);
    return defer(() => {
      // Nest has switched off the time-out by which stalled readers are found.
      response.setTimeout(this.settings.stallLimitMs);
      const { encoder, leave } = this.#encoders.join(run);
      return deliver(this.agents.follow(run, after, drained(response)), {
        response,
        encode: (event) => encoder.encode(event),
        heartbeatMs: this.settings.heartbeatMs,
        lifecycle: this.lifecycle,
        report: (error) => this.#report(run, error),
      }).pipe(finalize(leave));
    });
  }

  #report(run: Run, error: unknown): void {
    const fields = { run_id: run.id, err: error };
    // What was made to be told, such as that the storage is away, is no fault of the delivery.
    if (error instanceof ProblemError) this.logger.warn(fields, 'stream cut');
    else this.logger.error(fields, 'stream cut');
  }
}
