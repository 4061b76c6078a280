import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';

/** Longest wait for the last lines to leave, in milliseconds: whoever read them may be gone. */
const LAST_LINES_MS = 1_000;

/** Standard output, where the log goes. Written in the background: who reads it slowly slows nobody. */
export class StandardOutput {
  readonly #stream = pino.destination({ dest: 1, sync: false });
  #waiting = false;

  constructor() {
    this.#stream.on('drain', () => (this.#waiting = false));
  }

  write(line: string): void {
    this.#waiting = true;
    this.#stream.write(line);
  }

  /**
   * Resolves once the lines so far have left. A process that exits while one is on its way puts
   * those that wait before it, or loses it.
   */
  async written(): Promise<void> {
    if (!this.#waiting) return;
    // It fails where nobody reads any more: then there is nothing to wait for.
    const left = once(this.#stream, 'drain').catch(() => undefined);
    await Promise.race([left, setTimeout(LAST_LINES_MS)]);
  }
}
