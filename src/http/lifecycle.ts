import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { AsyncSubject, type Observable } from 'rxjs';
import { Settings } from '../config/settings.js';
import { tellToComeBack } from './come-back.js';
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
  readonly #graceOver = new AsyncSubject<void>();

  constructor(private readonly settings: Settings) {}

  get stopping(): boolean {
    return this.#stopping;
  }

  /** Emits, also to those who come later, when what is under way has to leave: see `SHUTDOWN_GRACE`. */
  get graceOver(): Observable<void> {
    return this.#graceOver.asObservable();
  }

  /** The first thing that happens when the application is told to close. */
  onModuleDestroy(): void {
    this.#stopping = true;
    const over = (): void => {
      this.#graceOver.next();
      this.#graceOver.complete();
    };
    setTimeout(over, this.settings.shutdownGraceMs).unref();
  }
}

/**
 * Refuses requests that come while the process is stopping; the health routes go on to answer. Who
 * asks for a stream that can be resumed is told to come back: an `EventSource` that is refused gives
 * up.
 */
export function refuseWhileStopping(
  lifecycle: Lifecycle,
  isResumable: (request: Request) => boolean,
): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    if (!lifecycle.stopping) return next();
    // A kept connection would hold the server open.
    response.setHeader('Connection', 'close');
    if (request.path.startsWith('/health/')) return next();
    if (isResumable(request)) return tellToComeBack(response);
    next(new ShuttingDownError());
  };
}
