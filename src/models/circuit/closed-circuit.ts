import type { Circuit } from './provider-circuit.js';

/** A circuit that never opens: that of a provider which fails only for those who ask it to. */
export class ClosedCircuit implements Circuit {
  readonly state = 'closed';
  readonly isRefusing = false;

  async call<T>(open: () => Promise<T>): Promise<T> {
    return open();
  }

  broke(): void {}
}
