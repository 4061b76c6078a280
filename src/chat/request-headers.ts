import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { ProblemError } from '../http/problem.js';
import { InvalidRequestError } from '../http/validation.js';
import { PositionInvalidError } from '../runs/run-errors.js';
import type { RequestHeaders } from './to-start-run.js';

/** Some clients repeat a POST to resume it; without a key that would be a second run. */
export class IdempotencyKeyRequiredError extends ProblemError {
  constructor() {
    super(
      'idempotency_key_required',
      'A POST with Last-Event-ID starts a new run unless it has the Idempotency-Key of the first. ' +
        'Send one, or resume with GET /api/v1/runs/{id}/stream.',
    );
  }
}

/** Visible ASCII, as the drafts of the header and its users have it. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** What a POST that starts a run says in its headers. */
export const StartHeaders = createParamDecorator(
  (_: unknown, context: ExecutionContext): RequestHeaders => {
    const request = context.switchToHttp().getRequest<Request>();
    const { requestId } = request;
    const idempotencyKey = request.get('idempotency-key');
    if (idempotencyKey !== undefined && !IDEMPOTENCY_KEY.test(idempotencyKey)) {
      const detail = 'Idempotency-Key has to be 1 to 255 visible ASCII characters.';
      throw new InvalidRequestError([{ pointer: '#', detail }]);
    }
    const after = lastEventId(request);
    if (after !== undefined && idempotencyKey === undefined)
      throw new IdempotencyKeyRequiredError();
    return { requestId, idempotencyKey, after };
  },
);

/** The position that a reader resumes from: `Last-Event-ID`, else `?after=`, else the beginning. */
export const Position = createParamDecorator((_: unknown, context: ExecutionContext): number => {
  const request = context.switchToHttp().getRequest<Request>();
  const after = lastEventId(request);
  if (after !== undefined) return after;
  const asked = request.query['after'];
  return asked === undefined ? 0 : toPosition(asked, '?after=');
});

function lastEventId(request: Request): number | undefined {
  const header = request.get('last-event-id');
  // An EventSource that has seen no id sends none; some clients send it empty.
  return header === undefined || header === '' ? undefined : toPosition(header, 'Last-Event-ID');
}

function toPosition(value: unknown, where: string): number {
  const position = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : -1;
  if (position < 0) throw new PositionInvalidError(`${where} has to be the id of an event.`);
  return position;
}

/**
 * How many seconds a caller is willing to wait for the answer: `Prefer: wait=N` (RFC 7240, section
 * 4.3). What is not understood is passed over, as the RFC asks.
 */
export const PreferredWait = createParamDecorator(
  (_: unknown, context: ExecutionContext): number | undefined => {
    const prefer = context.switchToHttp().getRequest<Request>().get('prefer') ?? '';
    const wait = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(prefer);
    return wait === null ? undefined : Number(wait[1]);
  },
);
