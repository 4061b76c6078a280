import type { Response } from 'express';

/**
 * All that a reader is told when its stream ends before its time: when to try again, in milliseconds.
 * About as long as a restart takes. No event, so no reader takes it for one, or for a position.
 */
const COME_BACK = 'retry: 1000\n\n';

/**
 * Tells a reader of Server-Sent Events to come back soon. On a stream that is open it stands between
 * two events, and the stream is left to be ended; otherwise it is the whole answer, with a status that
 * lets an `EventSource` try again, as an error would not.
 */
export function tellToComeBack(response: Response): void {
  if (response.headersSent) {
    response.write(COME_BACK);
    return;
  }
  response
    .writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'private, no-store, no-transform',
      'X-Accel-Buffering': 'no',
    })
    .end(COME_BACK);
}
