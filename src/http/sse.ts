import type { MessageEvent } from '@nestjs/common';
import type { Response } from 'express';
import {
  Observable,
  catchError,
  ignoreElements,
  takeUntil,
  tap,
  timer,
  type MonoTypeOperatorFunction,
} from 'rxjs';
import { tellToComeBack } from './come-back.js';
import type { Lifecycle } from './lifecycle.js';

const HEARTBEAT: MessageEvent = { comment: 'hb' };

/**
 * When a response can take more: once its socket has drained, and after a replayed page also a turn of
 * the event loop, in which Nest writes what it was handed. Who waits for each piece gives it that turn
 * anyway, and another one would cost as much as the piece's way through Nest. Nest itself knows no
 * backpressure: it queues events, and past 4M characters drops the connection.
 */
export function drained(response: Response): (isReplay: boolean) => Promise<void> | undefined {
  return (isReplay) => {
    if (!isReplay && !response.writableNeedDrain) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        if (!response.writableNeedDrain || response.destroyed) return resolve();
        const done = () => {
          response.off('drain', done).off('close', done);
          resolve();
        };
        response.on('drain', done).on('close', done);
      });
    });
  };
}

/**
 * Ends the connection after a stream where the request asked for that (RFC 9112, section 9.6). Nest
 * answers every stream with `Connection: keep-alive`, and Node then keeps it: whoever reads to the
 * end of the connection would wait until it is given up as idle.
 */
export function closeAsAsked(response: Response): void {
  if (response.shouldKeepAlive) return;
  response.once('close', () => response.req.socket.destroySoon());
}

/** Sends a comment after each time of silence, so that neither end nor a proxy gives up. */
export function withHeartbeat(
  intervalMs: number,
  response: Response,
): MonoTypeOperatorFunction<MessageEvent> {
  return (source) =>
    new Observable((subscriber) => {
      let lastAt = performance.now();
      let timer: NodeJS.Timeout;
      // One timer that looks back, rather than one set anew for each chunk.
      const check = (): void => {
        const silentFor = performance.now() - lastAt;
        if (silentFor < intervalMs) {
          timer = setTimeout(check, intervalMs - silentFor);
          return;
        }
        // A socket that is backed up has bytes on their way: more would only pile up.
        if (!response.writableNeedDrain) subscriber.next(HEARTBEAT);
        lastAt = performance.now();
        timer = setTimeout(check, intervalMs);
      };
      timer = setTimeout(check, intervalMs);
      subscriber.add(() => clearTimeout(timer));
      subscriber.add(
        source.subscribe({
          next: (event) => {
            lastAt = performance.now();
            subscriber.next(event);
          },
          error: (error) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
    });
}

/**
 * Cuts the connection when the events cannot be read on. Nest would write an `event: error` and end
 * the stream in good order, and the reader would take it for the end of the answer.
 */
export function cutOnError<T>(
  response: Response,
  report: (error: unknown) => void,
): MonoTypeOperatorFunction<T> {
  return catchError((error: unknown) => {
    report(error);
    // Nest sends the headers a timer's turn after it has subscribed. Cut before them, an
    // `EventSource` need not try again.
    return timer(0).pipe(
      tap(() => response.destroy()),
      ignoreElements(),
    );
  });
}

/** Ends a stream, once it has told its reader to come back, where the process is about to end. */
export function untilGraceIsOver<T>(
  { graceOver }: Lifecycle,
  response: Response,
): MonoTypeOperatorFunction<T> {
  return takeUntil(graceOver.pipe(tap(() => tellToComeBack(response))));
}
