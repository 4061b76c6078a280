/**
 * How late the batches are, in milliseconds, in turn: uneven, since what goes wrong between two calls
 * goes wrong when one of them takes long.
 */
const DELAYS = [1, 2, 1, 20, 3];

/**
 * A port's adapter for tests: delays every call of another one to a later turn of the event loop and
 * does the ones that came together in one go, as a store across a network would. For ports whose
 * methods all return promises.
 */
export function slowly<Port extends object>(inner: Port): Port {
  let batch: (() => void)[] = [];
  let batches = 0;
  const flush = (): void => {
    const calls = batch;
    batch = [];
    for (const call of calls) call();
  };
  return new Proxy(inner, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...args: unknown[]) =>
        new Promise((resolve) => {
          if (batch.length === 0) setTimeout(flush, DELAYS[(batches += 1) % DELAYS.length]);
          batch.push(() => resolve(Reflect.apply(method, target, args)));
        });
    },
  });
}
