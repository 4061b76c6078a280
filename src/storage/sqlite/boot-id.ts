import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** How long the system may take to tell, in milliseconds. */
const PATIENCE_MS = 2_000;

/** What names this run of the operating system's kernel; undefined where it does not say. */
export function readBootId(): string | undefined {
  try {
    return readOf(process.platform)?.trim() || undefined;
  } catch {
    // A sandbox may hide it.
    return undefined;
  }
}

function readOf(platform: NodeJS.Platform): string | undefined {
  if (platform === 'linux') return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
  if (platform !== 'darwin') return undefined;
  return execFileSync('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], {
    encoding: 'utf8',
    timeout: PATIENCE_MS,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}
