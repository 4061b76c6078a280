import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Settings } from '../config/settings.js';
import type { Logger } from '../logging/logger.js';

/**
 * Closes connections whose readers take nothing at all for `STALL_LIMIT`, and at most twice as long.
 * Node's own idle time-out measures it: it begins anew with each write that reaches the system, and
 * where a pending one has shrunk. How far the system has come with what it took is not to be seen, so
 * a reader has to make room in its buffers (4 MB with Linux, of which it waits for a third).
 */
export function closeStalledReaders({ stallLimitMs }: Settings, logger: Logger): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    response.setTimeout(stallLimitMs, () => {
      if (response.writableLength === 0) {
        // Nothing waits for the reader: it waits for us.
        response.setTimeout(stallLimitMs);
        return;
      }
      const { requestId } = request;
      logger.info(
        { request_id: requestId, run_id: response.getHeader('X-Run-Id') },
        'stalled reader closed',
      );
      response.destroy();
    });
    next();
  };
}
