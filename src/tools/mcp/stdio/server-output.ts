import type { Logger } from '../../../logging/logger.js';

/** Longest line that is logged, in UTF-16 units. */
const MAX_LINE = 1_000;

/** Most lines of a server in one span of time. */
const MAX_LINES = 100;
const SPAN_MS = 10_000;

/** Shorter values are no secrets, and would be found inside of ordinary words. */
const MIN_SECRET = 6;

/** What a server writes for people, in our log at `debug`: bounded, and without its secrets. */
export class ServerOutput {
  #spanEnds = 0;
  #lines = 0;

  /** @param secrets what must not stand in the log: the values of its environment */
  constructor(
    private readonly logger: Logger,
    private readonly server: string,
    private readonly secrets: readonly string[],
  ) {}

  line(text: string): void {
    if (performance.now() >= this.#spanEnds) {
      const leftOut = this.#lines - MAX_LINES;
      if (leftOut > 0) this.#log(`[${leftOut} more lines]`);
      this.#spanEnds = performance.now() + SPAN_MS;
      this.#lines = 0;
    }
    this.#lines += 1;
    if (this.#lines <= MAX_LINES) this.#log(this.#safe(text));
  }

  #log(output: string): void {
    this.logger.debug({ mcp_server: this.server, output }, 'mcp server says');
  }

  #safe(text: string): string {
    let safe = text;
    for (const secret of this.secrets) {
      if (secret.length >= MIN_SECRET) safe = safe.replaceAll(secret, '[redacted]');
    }
    // Cut last: a secret that the cut tears would no longer be found.
    return safe.length > MAX_LINE ? `${safe.slice(0, MAX_LINE)}…` : safe;
  }
}
