import type { RunEvent } from './run-event.js';
import { RunLog, type MoreEvents, type Ownership, type PageLimit } from './run-log.js';
import type { RunKey } from './run.js';

/**
 * An adapter for tests: delays every call of another log to a later turn of the event loop and does
 * the ones that came together in one go, as a store across a network would.
 */
export class SlowRunLog extends RunLog {
  #batch: (() => void)[] = [];

  constructor(private readonly inner: RunLog) {
    super();
  }

  override claim(key: RunKey): Promise<Ownership> {
    return this.#later(() => this.inner.claim(key));
  }

  override append(key: RunKey, epoch: number, events: readonly RunEvent[]): Promise<void> {
    return this.#later(() => this.inner.append(key, epoch, events));
  }

  override read(key: RunKey, after: number, limit: PageLimit): Promise<readonly RunEvent[]> {
    return this.#later(() => this.inner.read(key, after, limit));
  }

  override more(key: RunKey, after: number): MoreEvents {
    let wait: MoreEvents | undefined;
    let cancelled = false;
    const arrived = this.#later(async () => {
      if (cancelled) return;
      wait = this.inner.more(key, after);
      await wait.arrived;
    });
    const cancel = () => {
      cancelled = true;
      wait?.cancel();
    };
    return { arrived, cancel };
  }

  override drop(keys: readonly RunKey[]): Promise<void> {
    return this.#later(() => this.inner.drop(keys));
  }

  #later<T>(call: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    if (this.#batch.length === 0) setTimeout(() => this.#flush(), 2);
    this.#batch.push(() => resolve(call()));
    return promise;
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    for (const call of batch) call();
  }
}
