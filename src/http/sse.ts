import type { MessageEvent } from '@nestjs/common';
import type { Response } from 'express';
import { Observable, Subscription } from 'rxjs';
import { tellToComeBack } from './come-back.js';
import type { Lifecycle } from './lifecycle.js';
import { LongReplay } from './long-replay.js';

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

/** From so many events on, a replay is a long one. */
const LONG_REPLAY = 32;

/** Events that follow one another. */
export interface Page<T> {
  events: readonly T[];
  /** Whether nobody had to wait for them. */
  isReplay: boolean;
}

/** How events are delivered. */
export interface Delivery<T> {
  response: Response;
  /** What an event goes out as; undefined where it is not shown. */
  encode(this: void, event: T): MessageEvent | undefined;
  /** The silence after which a comment is sent, in milliseconds. */
  heartbeatMs: number;
  lifecycle: Pick<Lifecycle, 'graceOver'>;
  /** Told why the events could not be read on. */
  report(this: void, error: unknown): void;
}

/**
 * Delivers events as long as they come.
 *
 * - After each time of silence a comment is sent, so that neither end nor a proxy gives up.
 * - Where the events cannot be read on, the connection is cut. Nest would write an `event: error` and
 *   end the stream in good order, and the reader would take it for the end of the answer.
 * - Where the process is about to end, the reader is told to come back, and the stream ended.
 *
 * One Observable and not an operator for each: every operator costs every piece for every reader.
 */
export function deliver<T>(
  pages: Observable<Page<T>>,
  { response, encode, heartbeatMs, lifecycle, report }: Delivery<T>,
): Observable<MessageEvent> {
  return new Observable((subscriber) => {
    let lastAt = performance.now();
    let heartbeat: NodeJS.Timeout;
    // One timer that looks back, rather than one set anew for each piece.
    const check = (): void => {
      const silentFor = performance.now() - lastAt;
      if (silentFor < heartbeatMs) {
        heartbeat = setTimeout(check, heartbeatMs - silentFor);
        return;
      }
      // A socket that is backed up has bytes on their way: more would only pile up.
      if (!response.writableNeedDrain) subscriber.next(HEARTBEAT);
      lastAt = performance.now();
      heartbeat = setTimeout(check, heartbeatMs);
    };
    heartbeat = setTimeout(check, heartbeatMs);
    let isFirst = true;
    let replay: LongReplay | undefined;
    subscriber.add(() => {
      clearTimeout(heartbeat);
      replay?.cancel();
    });
    const comeBack = lifecycle.graceOver.subscribe(() => {
      tellToComeBack(response);
      subscriber.complete();
    });
    subscriber.add(comeBack);
    const hand = ({ events, isReplay }: Page<T>): void => {
      if (isFirst && isReplay && events.length >= LONG_REPLAY) replay = new LongReplay(response);
      isFirst = false;
      if (replay !== undefined && (isReplay || !replay.isWritten)) {
        replay.write(events.map(encode).filter((message) => message !== undefined));
        lastAt = performance.now();
        return;
      }
      replay = undefined;
      for (const event of events) {
        const message = encode(event);
        if (message === undefined) continue;
        lastAt = performance.now();
        subscriber.next(message);
      }
    };
    const cut = (error: unknown): void => {
      reading.unsubscribe();
      report(error);
      // Nest sends the headers a timer's turn after it has subscribed. Cut before them, an
      // `EventSource` need not try again.
      setTimeout(() => {
        response.destroy();
        subscriber.complete();
      }, 0);
    };
    const reading = new Subscription();
    subscriber.add(reading);
    reading.add(
      pages.subscribe({
        next: (page) => {
          try {
            hand(page);
          } catch (error) {
            // One event that cannot be encoded is its stream's misfortune, and not the process's.
            cut(error);
          }
        },
        error: cut,
        complete: () => {
          if (replay === undefined) subscriber.complete();
          else replay.finish(() => subscriber.complete());
        },
      }),
    );
  });
}
