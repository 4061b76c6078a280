import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { ExchangeEnd } from './provider-request.js';

/** The provider's side of one response: it writes in order and stops at once when the client leaves. */
export class Exchange {
  /** Resolves when the response is over, by whichever side. */
  readonly closed: Promise<ExchangeEnd>;
  /** Bytes a write, where a script splits them. */
  splitAt = Infinity;
  /** Milliseconds before each chunk. */
  pace = 0;
  #corked: Uint8Array[] | undefined;
  #dropped = false;
  readonly #gone = new AbortController();

  constructor(readonly response: ServerResponse) {
    // Otherwise Nagle's algorithm joins the pieces that a test splits.
    response.socket?.setNoDelay(true);
    this.closed = new Promise((resolve) => {
      response.once('close', () => {
        this.#gone.abort();
        resolve(response.writableFinished ? 'completed' : this.#dropped ? 'dropped' : 'left');
      });
    });
  }

  get over(): boolean {
    return this.#gone.signal.aborted;
  }

  /** Waits for something, or until the exchange is over. */
  async until(event: Promise<unknown>): Promise<void> {
    await Promise.race([event, this.closed]);
  }

  /** Sends the status and headers, once; later calls change nothing. */
  head(status: number, headers: Readonly<Record<string, string>>): void {
    if (this.response.headersSent || this.over) return;
    this.response.writeHead(status, headers);
    this.response.flushHeaders();
  }

  cork(): void {
    this.#corked ??= [];
  }

  async uncork(): Promise<void> {
    const bytes = Buffer.concat(this.#corked ?? []);
    this.#corked = undefined;
    if (bytes.length > 0) await this.write(bytes);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#corked !== undefined) {
      this.#corked.push(bytes);
      return;
    }
    if (this.pace > 0) await this.#sleep(this.pace);
    for (let from = 0; from < bytes.length && !this.over; from += this.splitAt) {
      const piece = bytes.subarray(from, from + this.splitAt);
      // The next piece waits until this one has left, so that a client sees it by itself.
      await this.until(new Promise<void>((resolve) => this.response.write(piece, () => resolve())));
      if (this.splitAt !== Infinity) await new Promise(setImmediate);
    }
  }

  async end(last: string | Uint8Array = ''): Promise<void> {
    if (this.over) return;
    this.response.end(last);
    await this.closed;
  }

  async drop(reset: boolean): Promise<void> {
    this.#dropped = !this.over;
    const { socket } = this.response;
    if (reset) socket?.resetAndDestroy();
    else socket?.destroy();
    await this.closed;
  }

  async #sleep(milliseconds: number): Promise<void> {
    await wait(milliseconds, undefined, { signal: this.#gone.signal }).catch(() => {
      // The client left: the pause ends with it and leaves no timer behind.
    });
  }
}
