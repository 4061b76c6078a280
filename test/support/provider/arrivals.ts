import type { ProviderRequest } from './provider-request.js';

/** The requests that arrived, and those who wait for the next. */
export class Arrivals {
  readonly all: ProviderRequest[] = [];
  #handedOut = 0;
  readonly #waiting: ((request: ProviderRequest) => void)[] = [];

  add(request: ProviderRequest): void {
    this.all.push(request);
    const waiting = this.#waiting.shift();
    if (waiting === undefined) return;
    this.#handedOut += 1;
    waiting(request);
  }

  /** The next request that was not handed out; waits for it. */
  next(): Promise<ProviderRequest> {
    const request = this.all[this.#handedOut];
    if (request === undefined) return new Promise((resolve) => this.#waiting.push(resolve));
    this.#handedOut += 1;
    return Promise.resolve(request);
  }
}
