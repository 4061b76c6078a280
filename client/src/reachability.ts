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

/** How long the service may take to say that it lives, in milliseconds. */
const PATIENCE_MS = 5_000;

/** Tells a service that is away from a connection to it that broke. */
export class Reachability {
  constructor(private readonly transport: Transport) {}

  /**
   * Whether the service can be reached although a request failed. Browsers do not tell why one did, so
   * the service is asked whether it lives.
   */
  async despite(error: unknown, signal: AbortSignal | undefined): Promise<boolean> {
    const cause = error instanceof Error ? error.cause : undefined;
    const code = (cause as { code?: unknown } | undefined)?.code;
    if (typeof code === 'string' && NOTHING_SENT.has(code)) return false;
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
