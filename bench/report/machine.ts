import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { isPeer } from '../contenders.ts';
import type { Contender } from '../contenders/contender.ts';
import { ARE_PINNED } from '../processes/cores.ts';

/** Where results come from. */
export interface Source {
  readonly date: string;
  readonly command: string;
  /** The commit of the service that was measured; its version where that cannot be told. */
  readonly commit: string;
  readonly machine: string;
  /** By package; `node` is the runtime. */
  readonly versions: Readonly<Record<string, string>>;
}

const BENCH = join(import.meta.dirname, '..');

/** @param root the checkout that was measured as ours */
export function source(
  args: readonly string[],
  contenders: readonly Contender[],
  root: string,
): Source {
  return {
    date: new Date().toISOString().slice(0, 10),
    command: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
    commit: commitOf(root),
    machine: machine(),
    versions: { node: process.versions.node, ...packageVersions(contenders, root) },
  };
}

function machine(): string {
  // All of them: what this process may use has been narrowed to one.
  const cores = cpus().length;
  const memory = Math.round(totalmem() / 2 ** 30);
  const pinned = ARE_PINNED ? 'server and load each on a core of their own' : 'nothing pinned';
  return `${cpus()[0]?.model.trim()}, ${cores} cores, ${memory} GB, ${type()} ${release()}; ${pinned}`;
}

function commitOf(root: string): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
  try {
    const changed = git('status', '--porcelain', '--', 'src') === '' ? '' : ' with changes';
    return git('rev-parse', '--short', 'HEAD') + changed;
  } catch {
    return versionIn(root) ?? 'unknown';
  }
}

function packageVersions(contenders: readonly Contender[], root: string): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const contender of contenders) {
    // Where Node looks for a package from the contender's script on.
    const homes = contender.script.startsWith(BENCH) ? [BENCH, join(BENCH, '..')] : [root];
    for (const name of contender.packages) {
      const found = homes.map((home) => versionIn(join(home, 'node_modules', name)));
      const version = found.find((one) => one !== undefined);
      if (version !== undefined) versions[isPeer(contender) ? `${name} (peers)` : name] = version;
    }
  }
  return versions;
}

function versionIn(folder: string): string | undefined {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
