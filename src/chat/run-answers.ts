import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { map, race, switchMap, timer, type Observable } from 'rxjs';
import { AgentService } from '../agent/agent.service.js';
import { Lifecycle } from '../http/lifecycle.js';
import type { RunReduction } from '../runs/run-reduction.js';
import type { Run } from '../runs/run.js';
import { toAnswer, type Answer } from '../wire/native/answer.js';
import { toWireToolCall } from '../wire/native/tool-call.js';
import { accept, type RunAccepted } from './run-accepted.js';
import { RunFailedError } from './run-failed-error.js';
import { whileDeliverable } from './while-deliverable.js';

/** A timer cannot be set for longer: 2^31 - 1 milliseconds. */
const LONGEST_WAIT_S = 2_147_483;

/** Delivers runs as JSON documents: the reduction of what a stream shows one by one. */
@Injectable()
export class RunAnswers {
  constructor(
    private readonly agents: AgentService,
    private readonly lifecycle: Lifecycle,
  ) {}

  /** The answer, once the run has ended. @throws RunFailedError, RunUndeliveredError */
  whole(run: Run): Observable<Answer> {
    return this.agents.whole(run).pipe(
      whileDeliverable(run, this.lifecycle),
      map((reduction) => answerOf(run, reduction)),
    );
  }

  /**
   * The answer, or 202 when the run waits for decisions on its tool calls: who takes them has to hear of
   * it first. @throws as `whole`
   */
  untilWaiting(run: Run, response: Response): Observable<Answer | RunAccepted> {
    return this.agents.whole(run, { orWaiting: true }).pipe(
      whileDeliverable(run, this.lifecycle),
      map((reduction) => {
        const { approvals } = reduction;
        if (approvals.length === 0) return answerOf(run, reduction);
        const waiting = accept({ id: run.id, state: 'waiting' }, response);
        return { ...waiting, approvals: approvals.map(toWireToolCall) };
      }),
    );
  }

  /** The answer, or 202 when it takes longer than the caller prefers to wait, in seconds. */
  within(wait: number, run: Run, response: Response): Observable<Answer | RunAccepted> {
    const tooLong = timer(Math.min(wait, LONGEST_WAIT_S) * 1000).pipe(
      // Read anew: by now it may stand otherwise than when it was asked for.
      switchMap(() => this.agents.get(run)),
      map((current) => {
        response.setHeader('Preference-Applied', `wait=${wait}`);
        return accept(current, response);
      }),
    );
    return race(this.untilWaiting(run, response), tooLong);
  }
}

function answerOf(run: Run, { text, terminal }: RunReduction): Answer {
  if (terminal === undefined) throw new Error(`The log of run ${run.id} has no end.`);
  if (terminal.error !== undefined) throw new RunFailedError(run, terminal.error, text);
  return toAnswer(run, text, terminal);
}
