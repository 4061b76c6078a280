import { setTimeout as wait } from 'node:timers/promises';
import { request, type Answer, type RequestOptions } from './http-client.js';

/** What a request waits for that found nobody, in milliseconds. */
const PAUSE = 25;

/**
 * Sends a request until it has a whole answer, whatever that is: one that was cut, or that nobody
 * took, is sent again. So it must be one that may be repeated.
 * @param options.signal gives up. @default after 60 s
 */
export async function requestPersistently(
  url: string,
  { signal = AbortSignal.timeout(60_000), ...options }: RequestOptions = {},
): Promise<Answer> {
  for (;;) {
    try {
      return await request(url, { signal, ...options });
    } catch (error) {
      if (signal.aborted) throw new Error(`No answer from ${url}`, { cause: error });
      await wait(PAUSE);
    }
  }
}
