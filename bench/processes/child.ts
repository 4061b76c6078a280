import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { onCoreOf, type Side } from './cores.ts';

/** The end of what a process has said, for the case that it fails. */
const KEPT_CHARACTERS = 4000;

/** A Node process on the core of its side, with a channel for messages. */
export class Child {
  readonly pid: number;
  /** Resolves with its exit code; null where a signal has ended it. */
  readonly ended: Promise<number | null>;
  readonly #process: ChildProcess;
  #said = '';

  /** @param args Node's: its options, the script */
  constructor(
    side: Side,
    args: readonly string[],
    { cwd, env }: { cwd: string; env: Readonly<Record<string, string>> },
  ) {
    const [command, ...rest] = onCoreOf(side, [process.execPath, ...args]);
    this.#process = spawn(command!, rest, {
      cwd,
      // Nothing of the caller's own: a proxy or an option of Node's there would be measured too.
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    this.pid = this.#process.pid!;
    this.ended = once(this.#process, 'exit').then(([code]) => code as number | null);
    const keep = (text: string) => {
      this.#said = (this.#said + text).slice(-KEPT_CHARACTERS);
    };
    this.#process.stdout?.setEncoding('utf8').on('data', keep);
    this.#process.stderr?.setEncoding('utf8').on('data', keep);
  }

  /** What it has said last, on its standard output and error. */
  get said(): string {
    return this.#said;
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** The next message that it sends. Rejects where it ends instead. */
  async message<T>(): Promise<T> {
    const settled = new AbortController();
    const options = { signal: settled.signal };
    try {
      return await Promise.race([
        once(this.#process, 'message', options).then(([message]) => message as T),
        this.ended.then(() => {
          throw new Error(`A process has ended:\n${this.#said}`);
        }),
      ]);
    } finally {
      settled.abort();
    }
  }

  /** Asks it something, and resolves with what it answers. One question at a time. */
  ask<T>(question: unknown): Promise<T> {
    const answer = this.message<T>();
    this.#process.send(question as object);
    return answer;
  }

  /** SIGKILL. Resolves once it is gone. */
  async kill(): Promise<void> {
    if (this.hasEnded) return;
    this.#process.kill('SIGKILL');
    await this.ended;
  }
}
