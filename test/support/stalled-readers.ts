import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What `stalled-readers-process.mjs` is told and says. */
type Told = { open: { url: string; readers: number } } | { read: true } | { count: true };
type Said = { opened: true } | { digest: string } | { dropped: number };

/**
 * Readers that take the headers of an answer and then nothing, in a process of their own: what they
 * need themselves is no part of what they cost the service.
 */
export class StalledReaders {
  private constructor(private readonly child: ChildProcess) {}

  /** Resolves when all have got their headers. */
  static async open(url: string, readers: number): Promise<StalledReaders> {
    const stalled = new StalledReaders(
      fork(join(import.meta.dirname, 'stalled-readers-process.mjs'), { execArgv: [] }),
    );
    await stalled.#tell({ open: { url, readers } });
    return stalled;
  }

  /** Lets one of them read to the end. @returns the SHA-256 of the whole body, in hexadecimal */
  async readOne(): Promise<string> {
    const { digest } = (await this.#tell({ read: true })) as { digest: string };
    return digest;
  }

  /** How many of the others have lost their connection. */
  async dropped(): Promise<number> {
    const { dropped } = (await this.#tell({ count: true })) as { dropped: number };
    return dropped;
  }

  /** Leaves, with all of them. */
  async close(): Promise<void> {
    this.child.kill();
    await once(this.child, 'exit');
  }

  async #tell(told: Told): Promise<Said> {
    this.child.send(told);
    const [said] = (await once(this.child, 'message')) as [Said];
    return said;
  }
}
