import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Logger } from '../logging/logger.js';
import { ProblemError } from './problem.js';
import { MethodNotAllowedError, noRouteFor } from './routes.js';

/** The body of a refusal (RFC 9457). */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: string;
  errors?: readonly { pointer: string; detail: string }[];
  request_id: string;
  [member: string]: unknown;
}

class InternalError extends ProblemError {
  constructor(cause: unknown) {
    super('internal', 'Something went wrong on our side. The request id helps us to find it.', {
      cause,
    });
  }
}

/** Turns whatever was thrown into problem details, and logs what its reader is not told. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const problem = toProblem(thrown, request);
    this.#log(problem, thrown, request);
    if (response.headersSent) {
      // Half an answer is out: a cut tells the reader so, an appended document would not.
      response.destroy();
      return;
    }
    if (problem.retryAfter !== undefined) response.setHeader('Retry-After', problem.retryAfter);
    if (problem instanceof MethodNotAllowedError)
      response.setHeader('Allow', problem.allowed.join(', '));
    response
      .status(problem.status)
      .type('application/problem+json')
      .send(JSON.stringify(toDocument(problem, request)));
  }

  #log(problem: ProblemError, thrown: unknown, { requestId }: Request): void {
    const line = { request_id: requestId, code: problem.code };
    if (problem instanceof InternalError) {
      this.logger.error({ ...line, err: thrown }, 'request failed');
    } else if (problem.cause !== undefined && problem.status >= 500) {
      this.logger.warn({ ...line, err: problem }, 'request failed');
    }
  }
}

function toProblem(thrown: unknown, request: Request): ProblemError {
  if (thrown instanceof ProblemError) return thrown;
  if (thrown instanceof HttpException) {
    // Nest's own: what no handler was found for, and paths that cannot be decoded.
    if (thrown.getStatus() === 404) return noRouteFor(request);
    if (thrown.getStatus() < 500) return new ProblemError('invalid_request', thrown.message);
  }
  return new InternalError(thrown);
}

function toDocument(problem: ProblemError, request: Request): ProblemDocument {
  return {
    type: `urn:agno-api:problem:${problem.code}`,
    title: problem.title,
    status: problem.status,
    detail: problem.message,
    instance: request.originalUrl.split('?', 1)[0]!,
    code: problem.code,
    ...(problem.errors !== undefined && { errors: problem.errors }),
    request_id: request.requestId,
    ...problem.members,
  };
}
