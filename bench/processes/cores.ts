import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Which core each side has to itself, so that they neither take turns nor move about. */
const CORES = { server: 0, load: 1 } as const;

/** A side of the measurement: the servers that are measured, or the provider and the load generator. */
export type Side = keyof typeof CORES;

/** Whether processes can be pinned: there are two cores, and `taskset` is installed. */
export const ARE_PINNED =
  availableParallelism() >= 2 && spawnSync('taskset', ['--version']).status === 0;

/** A command line that runs on the core of a side, where processes can be pinned. */
export function onCoreOf(side: Side, command: readonly string[]): string[] {
  return ARE_PINNED ? ['taskset', '-c', String(CORES[side]), ...command] : [...command];
}

/** Moves this process, all its threads, to the core of the load. */
export function moveToLoadCore(): void {
  if (!ARE_PINNED) return;
  spawnSync('taskset', ['-a', '-p', '-c', String(CORES.load), String(process.pid)]);
}
