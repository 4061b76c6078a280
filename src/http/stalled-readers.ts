import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Settings } from '../config/settings.js';
import type { Logger } from '../logging/logger.js';

/**
 * Closes connections whose readers take nothing at all for `STALL_LIMIT`, and at most twice as long.
 * Node's idle time-out measures it: it begins anew with each write, and where it finds that a pending
 * one has shrunk. What the kernel has taken counts as delivered, and it takes more only when a good
 * part of its buffer is free (with Linux a third of up to 4 MB).
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
