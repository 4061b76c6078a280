import { startBare, type BareProcess } from './bare-process.js';
import { freePort } from './free-port.js';
import type { LogLine } from './log-lines.js';

/** How far a process gets that is killed while it starts. */
export type EarlyDeath =
  | 'before any output'
  /** It has taken over so many runs; where there are fewer, it dies as soon as it listens. */
  | { takenOver: number };

/** The built service (the build must be up to date), which outlives its processes: one port, one data directory. */
export class MortalService {
  /** Without a slash at its end. */
  readonly url: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #past: LogLine[] = [];
  #process: BareProcess;
  #starts = 1;

  private constructor(port: number, env: Readonly<Record<string, string>>) {
    this.url = `http://127.0.0.1:${port}`;
    this.#env = { ...env, HOST: '127.0.0.1', PORT: String(port) };
    this.#process = startBare(this.#env);
  }

  /** @param env see `writeConfigDir` */
  static async start(env: Readonly<Record<string, string>>): Promise<MortalService> {
    const service = new MortalService(await freePort(), env);
    await service.#listening();
    return service;
  }

  /** What all its processes have logged so far. */
  get lines(): readonly LogLine[] {
    return [...this.#past, ...this.#process.log.lines];
  }

  /** How many processes there have been. */
  get starts(): number {
    return this.#starts;
  }

  /** Resolves when the process that is the latest has ended. */
  get died(): Promise<unknown> {
    return this.#process.ended;
  }

  /** SIGKILL. Waits for the end. */
  async kill(): Promise<void> {
    this.#process.child.kill('SIGKILL');
    await this.#process.ended;
  }

  /** Starts the next process once the one before it has died, and waits until it listens. */
  async revive(): Promise<void> {
    if (!(await this.tryToRevive())) throw new Error('The service was killed while it started.');
  }

  /** As `revive`. @returns false where the process has killed itself while it started */
  async tryToRevive(): Promise<boolean> {
    await this.#next();
    return this.#listening();
  }

  /** Starts a process that is killed before it serves. */
  async reviveInVain(death: EarlyDeath): Promise<void> {
    const { log } = await this.#next();
    if (death !== 'before any output') {
      let taken = 0;
      await log.until(({ msg, url }) => {
        if (msg === 'run taken over') taken += 1;
        return taken === death.takenOver || typeof url === 'string';
      });
    }
    await this.kill();
  }

  async #next(): Promise<BareProcess> {
    await this.#process.ended;
    this.#past.push(...this.#process.log.lines);
    this.#starts += 1;
    return (this.#process = startBare(this.#env));
  }

  /** @returns whether it has come so far; false where it was killed before */
  async #listening(): Promise<boolean> {
    const { log, ended } = this.#process;
    const listens = log.until(({ url }) => typeof url === 'string');
    const cameUp = await listens.then(
      () => true,
      () => false,
    );
    if (cameUp) return true;
    const { signal, stdout, stderr } = await ended;
    if (signal === 'SIGKILL') return false;
    throw new Error(`The service did not start:\n${stdout}${stderr}`);
  }
}
