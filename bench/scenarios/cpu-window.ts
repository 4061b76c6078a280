import { cpuUs } from '../processes/cpu.ts';
import type { Bench } from './scenario.ts';

/** What the processes have used of the CPU since a moment, in microseconds. */
export class CpuWindow {
  readonly #pids: Readonly<Record<'server' | 'provider' | 'load', number>>;
  readonly #begun: Readonly<Record<'server' | 'provider' | 'load', number>>;

  constructor({ server, provider }: Bench) {
    this.#pids = { server: server.pid, provider: provider.pid, load: process.pid };
    this.#begun = this.#read();
  }

  /** @param units what the time is shared out among */
  per(units: number): Record<'server' | 'provider' | 'load', number> {
    const now = this.#read();
    const share = (of: keyof typeof now) => (now[of] - this.#begun[of]) / units;
    return { server: share('server'), provider: share('provider'), load: share('load') };
  }

  #read() {
    const { server, provider, load } = this.#pids;
    return { server: cpuUs(server), provider: cpuUs(provider), load: cpuUs(load) };
  }
}
