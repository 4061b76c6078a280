import type { RunLog } from './run-log.js';
import { slowly } from './slowly.contract.js';

/** A run log that answers late and in batches; see `slowly`. */
export function slowRunLog(inner: RunLog): RunLog {
  const slow = slowly(inner);
  return new Proxy(slow, {
    get(target, name) {
      // `more` alone answers at once: with what can be awaited, and cancelled meanwhile.
      if (name === 'more') return inner.more.bind(inner);
      return Reflect.get(target, name) as unknown;
    },
  });
}
