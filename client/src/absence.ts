/**
 * How long a reader has been without the service since it last got something new. What counts is the
 * time between connections, and on one since it was last heard of: a service that works in silence, and
 * says by its heartbeats that it does, is not away.
 */
export class Absence {
  #before = 0;
  #since: number | undefined;
  #cuts = 0;

  /** A connection was lost, or not made. @param since when it was last heard of */
  lost(since: number): void {
    this.#cuts += 1;
    this.#since ??= since;
  }

  /** The service is there, or is not looked for. It has said nothing new yet. */
  pause(now: number): void {
    this.#before = this.duration(now);
    this.#since = undefined;
  }

  /** Something new has come. */
  end(): void {
    this.#before = 0;
    this.#since = undefined;
    this.#cuts = 0;
  }

  /** In milliseconds, as are all its times. */
  duration(now: number): number {
    return this.#before + (this.#since === undefined ? 0 : now - this.#since);
  }

  /** Whether it is hopeless: however long the first silence was, it is tried again once. */
  isOver(limit: number, now: number): boolean {
    return this.#cuts > 1 && this.duration(now) >= limit;
  }

  /** How long one more try may take: what is left of the limit, and long enough to be one. */
  left(limit: number, now: number): number {
    return Math.max(LEAST_TRY_MS, limit - this.duration(now));
  }
}

/** A connection takes so long at least to be made over a bad network, in milliseconds. */
const LEAST_TRY_MS = 1_000;
