import { join } from 'node:path';
import type { Ask, Reply } from '../provider/messages.ts';
import type { Sent } from '../provider/provider.ts';
import { Child } from './child.ts';

const SCRIPT = join(import.meta.dirname, '../provider/main.ts');

/** The scripted provider, in its own process. */
export class ProviderProcess {
  readonly pid: number;
  readonly upstream: string;
  readonly #child: Child;

  private constructor(child: Child, port: number) {
    this.#child = child;
    this.pid = child.pid;
    this.upstream = `http://127.0.0.1:${port}/v1`;
  }

  static async start(): Promise<ProviderProcess> {
    const child = new Child('load', [SCRIPT], { cwd: import.meta.dirname, env: {} });
    const { port } = await child.message<{ port: number }>();
    return new ProviderProcess(child, port);
  }

  /** Lets every held answer go on. */
  async release(): Promise<void> {
    await this.#ask('release');
  }

  /** When the answers since the last call were sent, by their ids. */
  async take(): Promise<Map<number, Sent>> {
    return ((await this.#ask('take')) as { taken: Map<number, Sent> }).taken;
  }

  stop(): Promise<void> {
    return this.#child.kill();
  }

  #ask(ask: Ask): Promise<Reply> {
    return this.#child.ask(ask);
  }
}
