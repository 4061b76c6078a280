import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Logger } from '../logging/logger.js';
import type { ModelMessage } from '../models/model-stream.js';
import { StorageUnavailableError } from '../storage/storage-errors.js';
import { RunReleasedError, StaleEpochError } from './run-errors.js';
import type { Settlement } from './run-event.js';
import type { RunOutcome } from './run-work.js';
import type { Run } from './run.js';

/** Tells the log what has become of runs, a line each. */
@Injectable()
export class RunReport {
  constructor(
    private readonly settings: Settings,
    private readonly logger: Logger,
  ) {}

  /** Why a run is no longer this process's although it has not ended. */
  unsettled(run: Run, error: unknown): void {
    const fields = { run_id: run.id, request_id: run.requestId };
    if (error instanceof RunReleasedError) this.logger.info(fields, 'run left to its next owner');
    else if (error instanceof StorageUnavailableError)
      this.logger.warn(fields, 'run left to its next owner');
    else if (error instanceof StaleEpochError)
      this.logger.warn({ ...fields, err: error }, 'run lost to another owner');
    else this.logger.error({ ...fields, err: error }, 'run not settled');
  }

  /** How a run has ended. */
  settled(run: Run, outcome: RunOutcome, settlement: Settlement): void {
    const line = {
      run_id: run.id,
      session_id: run.sessionId,
      request_id: run.requestId,
      model: run.model,
      agent: run.agent,
      state: outcome.state,
      finish_reason: settlement.finishReason,
      attempts: settlement.attempts,
      input_tokens: settlement.usage.inputTokens,
      output_tokens: settlement.usage.outputTokens,
      first_token_ms: settlement.timings.firstTokenMs,
      total_ms: settlement.timings.totalMs,
      ...(this.settings.logContent && {
        messages: run.request.messages.map(withoutImages),
        answer: outcome.text,
      }),
    };
    if (outcome.state !== 'failed') this.logger.info(line, 'run finished');
    else if (settlement.error?.code === 'internal') {
      this.logger.error({ ...line, code: 'internal', err: outcome.error }, 'run failed');
    } else {
      this.logger.warn({ ...line, code: settlement.error?.code, err: outcome.error }, 'run failed');
    }
  }
}

/** A message as a log may have it: an image is a megabyte, and nobody's to read there. */
function withoutImages(message: ModelMessage): object {
  const { content } = message;
  if (typeof content === 'string') return message;
  const parts = content.map((part) => (part.type === 'text' ? part : { type: part.type }));
  return { ...message, content: parts };
}
