import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { ProblemError } from './problem.js';

/** The process is on its way out: another one will serve the same request. */
export class ShuttingDownError extends ProblemError {
  constructor() {
    super('shutting_down', 'The service is shutting down. Try again soon.', {
      retryable: true,
      retryAfter: 1,
    });
  }
}

/** Knows whether the process is on its way out. */
@Injectable()
export class Lifecycle implements OnModuleDestroy {
  #stopping = false;

  get stopping(): boolean {
    return this.#stopping;
  }

  /** The first thing that happens when the application is told to close. */
  onModuleDestroy(): void {
    this.#stopping = true;
  }
}

/** Refuses requests that come while the process is stopping; the health routes go on to answer. */
export function refuseWhileStopping(lifecycle: Lifecycle): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    if (!lifecycle.stopping) return next();
    // A kept connection would hold the server open.
    response.setHeader('Connection', 'close');
    next(request.path.startsWith('/health/') ? undefined : new ShuttingDownError());
  };
}
