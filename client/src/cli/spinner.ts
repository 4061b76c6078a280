import type { Style } from './style.js';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 80;
const CLEAR = '\r\x1b[K';

/** Says on a terminal that something is being waited for, and for what. */
export class Spinner {
  #timer: ReturnType<typeof setInterval> | undefined;
  #frame = 0;
  #label = '';

  /** @param output undefined: no terminal, nothing is shown */
  constructor(
    private readonly output: NodeJS.WritableStream | undefined,
    private readonly style: Style,
  ) {}

  /** Turns, with this label from now on. */
  show(label: string): void {
    this.#label = label;
    if (this.output === undefined) return;
    this.#timer ??= setInterval(() => this.#draw(), FRAME_MS);
    this.#draw();
  }

  /** Leaves an empty line to write on. */
  hide(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.output?.write(CLEAR);
  }

  #draw(): void {
    const frame = FRAMES[this.#frame++ % FRAMES.length]!;
    this.output?.write(`${CLEAR}${this.style('dim', `${frame} ${this.#label}`)}`);
  }
}
