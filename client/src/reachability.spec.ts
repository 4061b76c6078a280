import { expect, it } from '@jest/globals';
import { Reachability } from './reachability.js';
import { Transport } from './transport.js';

/** A service that answers from the nth request on. */
function serviceFrom(first: number): { transport: Transport; asked: () => number } {
  let count = 0;
  const answering = async (): Promise<Response> => {
    if (++count < first) throw new TypeError('fetch failed');
    return new Response('{}');
  };
  const options = { baseUrl: 'http://127.0.0.1:9', headers: {}, fetch: answering as typeof fetch };
  return { transport: new Transport(options), asked: () => count };
}

const failed = (code?: string) => new TypeError('fetch failed', { cause: { code } });

it('does not ask a service that refused the connection', async () => {
  const { transport, asked } = serviceFrom(1);
  const reachability = new Reachability(transport);
  await expect(reachability.despite(failed('ECONNREFUSED'), undefined)).resolves.toBe(false);
  expect(asked()).toBe(0);
});

it('asks once where it is not known why a request failed', async () => {
  const { transport, asked } = serviceFrom(2);
  await expect(new Reachability(transport).despite(failed(), undefined)).resolves.toBe(false);
  expect(asked()).toBe(1);
});

it('waits for a service that died with the request', async () => {
  const { transport } = serviceFrom(2);
  const reachability = new Reachability(transport);
  await expect(reachability.despite(failed('UND_ERR_SOCKET'), undefined)).resolves.toBe(true);
});

it('gives up one that does not come back', async () => {
  const { transport } = serviceFrom(Infinity);
  const reachability = new Reachability(transport, 1);
  await expect(reachability.despite(failed('ECONNRESET'), undefined)).resolves.toBe(false);
});

it('is left with the reason of the signal', async () => {
  const { transport } = serviceFrom(Infinity);
  const asking = new Reachability(transport).despite(failed('ECONNRESET'), AbortSignal.timeout(1));
  await expect(asking).rejects.toMatchObject({ name: 'TimeoutError' });
});
