import { spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What makes every write of a program to a file fail from its start on, as one to a full disk does:
 * by the limit of a file's size, which Node does not take for a signal. Put it before the program.
 */
export const ON_A_FULL_DISK = ['prlimit', '--fsize=0:unlimited', '--'] as const;

/** From here on each write of a process to a file fails, as on a full disk; pipes are let through. */
export function fillDisk({ pid }: ChildProcess): void {
  prlimit(`--pid=${pid}`, '--fsize=0:unlimited');
}

/** Lets a process write again. */
export function makeRoom({ pid }: ChildProcess): void {
  prlimit(`--pid=${pid}`, '--fsize=unlimited:unlimited');
}

function prlimit(...args: string[]): void {
  const { status, error, stderr } = spawnSync('prlimit', args, { encoding: 'utf8' });
  if (error !== undefined) {
    throw new Error('These tests need prlimit: install util-linux.', { cause: error });
  }
  if (status !== 0) throw new Error(`prlimit ${args.join(' ')}: ${stderr}`);
}

/** A file system of its own, in memory, that holds very little. */
export interface SmallDisk {
  path: string;
  /** Takes all the room that is left, to the last byte. */
  fill(): Promise<void>;
  /** Gives it back. */
  makeRoom(): Promise<void>;
  unmount(): Promise<void>;
}

/** Mounts a small disk; undefined, and said in large letters, where that is not permitted. */
export async function mountSmallDisk(kilobytes: number): Promise<SmallDisk | undefined> {
  const path = await mkdtemp(join(tmpdir(), 'agno-api-small-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', path]);
  if (mounted.status !== 0) {
    await rm(path, { recursive: true });
    process.stderr.write('\n!!! NOT TESTED: no file system can be mounted on this machine !!!\n\n');
    return undefined;
  }
  const ballast = join(path, 'ballast');
  return {
    path,
    fill: async () => {
      // What does not fit is refused, and what did fit stays.
      const refused = await writeFile(ballast, Buffer.alloc(kilobytes * 1024), { flag: 'a' }).then(
        () => undefined,
        (error: NodeJS.ErrnoException) => error,
      );
      if (refused?.code !== 'ENOSPC') throw new Error('The disk is not full', { cause: refused });
    },
    makeRoom: () => rm(ballast),
    unmount: async () => {
      spawnSync('umount', ['--lazy', path]);
      await rm(path, { recursive: true, force: true });
    },
  };
}
