import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isPeer } from './contenders.ts';
import type { Contender } from './contenders/contender.ts';

/** Installs the peers' packages, where a peer is to be measured and they are missing. */
export function installPeers(contenders: readonly Contender[]): void {
  const here = import.meta.dirname;
  if (!contenders.some(isPeer) || existsSync(join(here, 'node_modules'))) return;
  run('npm', ['ci'], here);
}

/** Builds the service in a checkout. */
export function build(root: string): void {
  run('npm', ['run', '--silent', 'build'], root);
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status } = spawnSync(command, args, { cwd, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')} has failed in ${cwd}`);
}
