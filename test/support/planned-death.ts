import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ConfigDir } from './config-dir.js';

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'dying-at-a-commit.mjs')).href;

/** On which side of a commit a process dies. */
export type DeathMoment = 'before' | 'after';

/**
 * SIGKILL at an exact place: before or after a commit of the service's database, which is what a
 * death can be told apart by afterwards. The service needs `env` to follow the plan.
 */
export class PlannedDeath {
  readonly env: Readonly<Record<string, string>>;
  readonly #file: string;

  /** @param config of the service that is to die; the plan lies among its files */
  constructor({ configDir }: ConfigDir) {
    this.#file = join(configDir, 'death.json');
    this.env = { NODE_OPTIONS: `--import=${PRELOAD}`, DEATH_PLAN: this.#file };
  }

  /** Counts commits from now on: the next one, or the first of a process to come, is 1. */
  at(commit: number, moment: DeathMoment): void {
    // In one piece: the service looks at each of its commits whether it is there.
    writeFileSync(`${this.#file}.new`, JSON.stringify({ commit, moment }));
    renameSync(`${this.#file}.new`, this.#file);
  }

  /** Lets the process live. */
  cancel(): void {
    rmSync(this.#file, { force: true });
  }
}
