import type { MessageEvent } from '@nestjs/common';
import type { Response } from 'express';

/**
 * Writes the events of a long replay to the response itself, many in one piece: as Nest would have
 * written them, byte for byte, but not each by itself, which takes three times as long. Only at the
 * beginning of a stream: what has gone through Nest may still wait there, and must not be overtaken.
 */
export class LongReplay {
  #waiting: string[] = [];
  #afterwards: (() => void) | undefined;
  #cancelled = false;

  constructor(private readonly response: Response) {}

  /** Whether all is written: what comes next may go through Nest. */
  get isWritten(): boolean {
    return this.#waiting.length === 0;
  }

  write(messages: readonly MessageEvent[]): void {
    const frames = messages.map(frameOf).join('');
    if (this.isWritten && this.response.headersSent) this.response.write(frames);
    else if (this.#waiting.push(frames) === 1) setImmediate(this.#flush);
  }

  /** Calls `then` once all is written; at once where it is. */
  finish(then: () => void): void {
    if (this.isWritten) then();
    else this.#afterwards = then;
  }

  cancel(): void {
    this.#cancelled = true;
  }

  /** Nest sends the headers a timer's turn after it has subscribed. */
  readonly #flush = (): void => {
    if (this.#cancelled || this.response.destroyed) return;
    if (!this.response.headersSent) {
      setImmediate(this.#flush);
      return;
    }
    this.response.write(this.#waiting.join(''));
    this.#waiting = [];
    this.#afterwards?.();
  };
}

/** Data is JSON, in one line. */
function frameOf({ id, data }: MessageEvent): string {
  return `id: ${id}\ndata: ${data as string}\n\n`;
}
