import type { ToolContext, ToolProgress } from './tool.js';

/** The shortest time between two reports of one call, in milliseconds. */
const INTERVAL = 100;

/** Most of a message that is told, in UTF-16 units. */
const LONGEST = 1_000;

/** Passes on how far a call is, as often as anybody can read it. The last report is not lost. */
export class ProgressThrottle {
  #toldAt = -Infinity;
  #waiting: ToolProgress | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(private readonly pass: ToolContext['progress']) {}

  readonly tell = (progress: ToolProgress): void => {
    if (this.#isClosed) return;
    this.#waiting = progress;
    const left = this.#toldAt + INTERVAL - performance.now();
    if (left <= 0) this.#passOn();
    else this.#timer ??= setTimeout(() => this.#passOn(), left);
  };

  /** The call has ended: tells what is still to be told. */
  end(): void {
    if (!this.#isClosed && this.#waiting !== undefined) this.#passOn();
  }

  /** Nothing that comes later is of that call any more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #passOn(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { message, ...counts } = this.#waiting!;
    this.#waiting = undefined;
    this.#toldAt = performance.now();
    this.pass({ ...counts, ...(message !== undefined && { message: message.slice(0, LONGEST) }) });
  }
}
