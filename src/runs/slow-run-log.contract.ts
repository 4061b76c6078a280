import type { RunLog } from './run-log.js';
import { slowly } from './slowly.contract.js';

/** A run log that answers late and in batches; see `slowly`. */
export function slowRunLog(inner: RunLog): RunLog {
  const slow = slowly(inner);
  const late = slowly({ pass: <T>(value: T): T => value });
  const slowNext: RunLog['next'] = (...args) => {
    const next = inner.next(...args);
    const page = next.page.then((events) => late.pass(events));
    page.catch(() => undefined);
    return { ...next, page };
  };
  return new Proxy(slow, {
    get(target, name) {
      // `next` alone answers at once: with what can be awaited, and cancelled meanwhile.
      if (name === 'next') return slowNext;
      return Reflect.get(target, name) as unknown;
    },
  });
}
