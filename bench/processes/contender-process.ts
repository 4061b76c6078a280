import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Contender } from '../contenders/contender.ts';
import { Child } from './child.ts';
import type { ProbeAsk } from './probe-messages.ts';

const PROBE = join(import.meta.dirname, 'probe.ts');
const MODEL = 'gpt-4o-mini';
const START_LIMIT_MS = 30_000;
const LOOK_EVERY_MS = 2;

/** A contender that serves, in its own process. */
export class ContenderProcess {
  readonly contender: Contender;
  readonly port: number;
  readonly #directory: string;
  readonly #env: Readonly<Record<string, string>>;
  #child: Child;

  private constructor(
    contender: Contender,
    place: { port: number; directory: string },
    env: Readonly<Record<string, string>>,
  ) {
    this.contender = contender;
    this.port = place.port;
    this.#directory = place.directory;
    this.#env = env;
    this.#child = this.#spawn(contender.script);
  }

  /** Starts it on a free port and waits until it takes connections. */
  static async start(contender: Contender, upstream: string): Promise<ContenderProcess> {
    const directory = await mkdtemp(join(tmpdir(), `bench-${contender.id}-`));
    const place = { port: await freePort(), upstream, model: MODEL, directory };
    const env = await contender.prepare(place);
    const started = new ContenderProcess(contender, place, { NODE_ENV: 'production', ...env });
    await started.#listening();
    return started;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Watches its event loop, and profiles it if asked to, until `unwatch`. */
  async watch(profile: boolean): Promise<void> {
    await this.#ask<void>({ probe: 'watch', profile });
  }

  /**
   * The event loop's delay at the 99th percentile since `watch`, in milliseconds.
   * @param profile the file for the profile, where there is one
   */
  unwatch(profile?: string): Promise<number> {
    return this.#ask({ probe: 'unwatch', ...(profile !== undefined && { profile }) });
  }

  /** What it holds once all that is garbage is gone, in bytes. */
  memory(): Promise<{ rss: number; heap: number }> {
    return this.#ask({ probe: 'memory' });
  }

  /** SIGKILL. What it has written stays. */
  kill(): Promise<void> {
    return this.#child.kill();
  }

  /** A new process in the place of a killed one: the same port, the same directory. */
  async revive(): Promise<void> {
    this.#child = this.#spawn(this.contender.script);
    await this.#listening();
  }

  /** Runs another script where the killed process was, with its environment, to its end. */
  async run(script: string, args: readonly string[]): Promise<void> {
    const child = this.#spawn(script, args);
    const code = await child.ended;
    if (code !== 0) throw new Error(`${script} has failed:\n${child.said}`);
  }

  /** SIGKILL; what it has written is deleted. */
  async stop(): Promise<void> {
    await this.#child.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #spawn(script: string, args: readonly string[] = []): Child {
    const place = { cwd: this.#directory, env: this.#env };
    return new Child('server', ['--import', PROBE, script, ...args], place);
  }

  async #ask<T>(ask: ProbeAsk): Promise<T> {
    return (await this.#child.ask<{ value: T }>(ask)).value;
  }

  async #listening(): Promise<void> {
    const begun = performance.now();
    while (!(await takesConnections(this.port))) {
      const { id } = this.contender;
      if (this.#child.hasEnded || performance.now() - begun > START_LIMIT_MS) {
        const { said } = this.#child;
        await this.stop();
        throw new Error(`${id} did not start:\n${said}`);
      }
      await pause(LOOK_EVERY_MS);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const tell = (taken: boolean) => () => {
      socket.destroy();
      resolve(taken);
    };
    socket.once('connect', tell(true)).once('error', tell(false));
  });
}
