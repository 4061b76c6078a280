import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Logger } from '../logging/logger.js';
import { newId } from './id.js';

declare module 'express-serve-static-core' {
  interface Request {
    /** The caller's `X-Request-Id` where it is well formed, else one of ours. */
    requestId: string;
  }
}

/** What may stand in a log line and a header without harm. */
const WELL_FORMED = /^[\w.:@/+=-]{1,128}$/;

/** Gives each request its id, returns it, and writes one line when the answer is over. */
export function requestContext(logger: Logger): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    const asked = request.get('x-request-id');
    request.requestId = asked !== undefined && WELL_FORMED.test(asked) ? asked : newId();
    response.setHeader('X-Request-Id', request.requestId);
    const startedAt = performance.now();
    // The router rewrites `url` and `path` while it looks for a handler.
    const { method, path } = request;
    response.once('close', () => {
      const runId = response.getHeader('X-Run-Id');
      const line = {
        request_id: request.requestId,
        method,
        path,
        status: response.statusCode,
        duration_ms: Math.round(performance.now() - startedAt),
        ...(runId !== undefined && { run_id: runId }),
        // The caller left before the answer was whole.
        ...(!response.writableFinished && { cut: true }),
      };
      if (path.startsWith('/health/')) logger.debug(line, 'request');
      else logger.info(line, 'request');
    });
    next();
  };
}
