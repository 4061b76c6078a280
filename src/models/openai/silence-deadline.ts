/**
 * Watches a silence on the monotonic clock. It runs only between {@link watch} and {@link rest},
 * so that the time in which nobody waits does not count, and {@link alive} begins it anew.
 *
 * There is one timer, which looks at the clock when it fires: to clear and set one for each token
 * would cost more than to read the token.
 */
export class SilenceDeadline {
  #limit = 0;
  #since = 0;
  #watching = false;
  /** What the timer was set to. */
  #armedFor = 0;
  #timer: NodeJS.Timeout | undefined;
  #lastLook: NodeJS.Immediate | undefined;

  /** @param expired called once, after a silence as long as the limit */
  constructor(private readonly expired: () => void) {}

  /** @param limit longest silence from now on, in milliseconds */
  watch(limit: number): void {
    this.#limit = limit;
    this.#watching = true;
    this.alive();
    // A timer that was set for a longer limit would fire too late.
    if (this.#timer === undefined || limit < this.#armedFor) this.#arm(limit);
  }

  /** Something was heard. */
  alive(): void {
    this.#since = performance.now();
  }

  /** Nobody waits now. */
  rest(): void {
    this.#watching = false;
  }

  /** Ends it for good; no timer is left. */
  stop(): void {
    this.#watching = false;
    clearTimeout(this.#timer);
    clearImmediate(this.#lastLook);
    this.#timer = undefined;
  }

  #arm(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#armedFor = milliseconds;
    this.#timer = setTimeout(() => this.#fire(), Math.max(1, milliseconds));
  }

  #fire(): void {
    this.#timer = undefined;
    if (!this.#watching) return;
    const left = this.#left();
    if (left > 0) return this.#arm(left);
    // Timers run before sockets are read: after a block of the event loop, what the provider has
    // sent in time may still wait there.
    this.#lastLook = setImmediate(() => {
      if (this.#watching && this.#left() <= 0) this.expired();
      else if (this.#watching && this.#timer === undefined) this.#arm(this.#left());
    });
  }

  #left(): number {
    return this.#since + this.#limit - performance.now();
  }
}
