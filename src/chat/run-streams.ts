import { Injectable, type MessageEvent } from '@nestjs/common';
import type { Response } from 'express';
import { EMPTY, Observable, defer, filter, finalize, map } from 'rxjs';
import { AgentService } from '../agent/agent.service.js';
import { Settings } from '../config/settings.js';
import { closeAsAsked, cutOnError, drained, withHeartbeat } from '../http/sse.js';
import { Logger } from '../logging/logger.js';
import type { Run } from '../runs/run.js';
import type { EncodedChunk } from '../wire/native/chunk-encoder.js';
import { SharedEncoders } from '../wire/native/shared-encoders.js';

/** Delivers runs as Server-Sent Events. */
@Injectable()
export class RunStreams {
  readonly #encoders = new SharedEncoders();

  constructor(
    private readonly agents: AgentService,
    private readonly logger: Logger,
    private readonly settings: Settings,
  ) {}

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
      const { encoder, leave } = this.#encoders.join(run);
      return this.agents.follow(run, after, drained(response)).pipe(
        map((event) => encoder.encode(event)),
        filter((chunk): chunk is EncodedChunk => chunk !== undefined),
        finalize(leave),
      );
    }).pipe(
      cutOnError(response, (error) =>
        this.logger.error({ run_id: run.id, err: error }, 'stream cut'),
      ),
      withHeartbeat(this.settings.heartbeatMs, response),
    );
  }
}
