import { pause } from './backoff.js';
import { discard, type Transport } from './transport.js';

/** Faults of Node's sockets and resolver after which nothing can have reached the service. */
const NOTHING_SENT = new Set([
  'ECONNREFUSED',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Faults of a socket that something had accepted: the request may have been read. */
const MAY_BE_SENT = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** A service that was killed is started again within that time, in milliseconds. */
const RESTART_MS = 10_000;

/** How long to wait before it is asked again, in milliseconds. */
const ASK_AGAIN_MS = 250;

/** How long the service may take to say that it lives, in milliseconds. */
const PATIENCE_MS = 5_000;

/** Tells a service that is away from a connection to it that broke. */
export class Reachability {
  constructor(
    private readonly transport: Transport,
    private readonly restart = RESTART_MS,
  ) {}

  /**
   * Whether the service can be reached although a request failed. Browsers do not tell why one did, so
   * the service is asked whether it lives; again and again, where it has died with the request.
   */
  async despite(error: unknown, signal: AbortSignal | undefined): Promise<boolean> {
    // No `instanceof`: within test runners `fetch` may be from another realm than this code.
    const code = (error as { cause?: { code?: unknown } } | undefined)?.cause?.code;
    if (typeof code === 'string' && NOTHING_SENT.has(code)) return false;
    const isPatient = typeof code === 'string' && MAY_BE_SENT.has(code);
    const until = performance.now() + this.restart;
    for (;;) {
      if (await this.#lives(signal)) return true;
      if (!isPatient || performance.now() >= until) return false;
      await pause(ASK_AGAIN_MS, signal);
    }
  }

  async #lives(signal: AbortSignal | undefined): Promise<boolean> {
    const asking = new AbortController();
    const asked = this.transport.send('/health/live', { signal: asking.signal }).then(
      async (response) => {
        await discard(response);
        return true;
      },
      () => false,
    );
    const tooLong = pause(PATIENCE_MS, asking.signal).then(
      () => false,
      () => false,
    );
    const left = (): void => asking.abort();
    signal?.addEventListener('abort', left, { once: true });
    try {
      return await Promise.race([asked, tooLong]);
    } finally {
      signal?.removeEventListener('abort', left);
      asking.abort();
      signal?.throwIfAborted();
    }
  }
}
