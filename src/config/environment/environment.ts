import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { notAllowed, shown, type Faults } from '../faults/faults.js';
import type { EntrySource } from '../files/entry.js';

/** The place that a fault of the environment names. */
export const ENVIRONMENT = 'environment';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The variables of the process: the real environment, and below it the `.env` file of the working
 * directory. An empty variable counts as unset; in the real environment it also hides the one of
 * `.env`, so that `OPENAI_API_KEY= npm start` switches a provider off. `NAME` and `NAME_FILE` are
 * one: the real environment hides both of `.env` where it has either.
 */
export class Environment {
  /** Maps, since `${toString}` would find the method of an object. */
  private readonly layers: readonly ReadonlyMap<string, string | undefined>[];
  private readonly values = new Map<string, string | undefined>();
  private readonly fromFiles = new Set<string>();

  /** @param layers where variables stand; an earlier one hides the same variable of a later one. */
  constructor(
    layers: readonly Variables[],
    private readonly cwd: string,
    private readonly faults: Faults,
  ) {
    this.layers = layers.map(
      (layer) => new Map(Object.entries(layer).filter(([, value]) => value !== undefined)),
    );
  }

  /** The value of `NAME`, or the trimmed content of the file that `NAME_FILE` names. */
  get(name: string): string | undefined {
    if (!this.values.has(name)) this.values.set(name, this.read(name));
    return this.values.get(name);
  }

  /** Whether the value of a variable must not be shown. */
  isSecret(name: string): boolean {
    return this.fromFiles.has(name) || /KEY|TOKEN|SECRET|PASSWORD/i.test(name);
  }

  /** Shows the values of variables, of the secret ones only that there is one. */
  readonly source: EntrySource = {
    place: ENVIRONMENT,
    show: ([name], value) =>
      this.isSecret(String(name)) && value !== undefined ? HIDDEN : shown(value),
  };

  private read(name: string): string | undefined {
    const fileVariable = `${name}_FILE`;
    const layer = this.layers.find((one) => one.has(name) || one.has(fileVariable));
    const value = layer?.get(name) || undefined;
    const path = layer?.get(fileVariable);
    if (!path) return value;
    this.fromFiles.add(name);
    if (value !== undefined) {
      const both = `both ${name} and ${fileVariable}`;
      this.faults.add(ENVIRONMENT, name, notAllowed(both, 'only one of them'));
      return value;
    }
    try {
      return readFileSync(resolve(this.cwd, path), 'utf8').trim() || undefined;
    } catch (error) {
      // A common slip is the secret itself in the place of its path.
      const found = this.isSecret(fileVariable) ? 'a path' : shown(path);
      const problem = `${found} that cannot be read (${errorCode(error)})`;
      this.faults.add(ENVIRONMENT, fileVariable, notAllowed(problem, 'the path of a text file'));
      return undefined;
    }
  }
}

/** What stands in a fault for a secret. */
export const HIDDEN = 'a value that is not shown';

/** The environment of the process with the `.env` file of its working directory, if there is one. */
export function readEnvironment(env: Variables, cwd: string, faults: Faults): Environment {
  return new Environment([env, readDotEnv(cwd, faults)], cwd, faults);
}

function readDotEnv(cwd: string, faults: Faults): Variables {
  try {
    // Editors on Windows begin the file with a byte order mark, which would join the first name.
    return parseEnv(readFileSync(resolve(cwd, '.env'), 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') {
      faults.add('.env', '', `the file cannot be read (${errorCode(error)})`);
    }
    return {};
  }
}

/** Node's code of a failed call, such as `ENOENT`. */
export function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}
