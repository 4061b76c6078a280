import { parseArgs } from 'node:util';
import { GUARDED } from './guard.ts';

/** What the caller asks for. */
export interface Options {
  /** Ids. */
  readonly scenarios: readonly string[];
  readonly contenders: readonly string[];
  readonly rounds: number;
  /** Whether it only asks whether a limit holds. */
  readonly isGuard: boolean;
  /** The checkout whose `dist/` is measured as ours, as it is; undefined: this one, built anew. */
  readonly ours: string | undefined;
  /** The folder for the service's profiles; undefined: none are made. */
  readonly profiles: string | undefined;
  /** The file for the results; undefined: a temporary one. */
  readonly json: string | undefined;
  /** Whether the results go into `docs/benchmarks.md`. */
  readonly write: boolean;
}

/** The ids that there are. */
export interface Allowed {
  readonly scenarios: readonly string[];
  readonly contenders: readonly string[];
}

/** A command line that cannot be followed. Its message is for the caller. */
export class UsageError extends Error {}

const ROUNDS = '5';

/** Reads the flags after `npm run bench --`. Throws a `UsageError`. */
export function readCommandLine(args: readonly string[], allowed: Allowed): Options {
  const { guard, write, ours, json, 'cpu-prof': profiles, ...chosen } = parsed(args);
  const shared = { ours, json, profiles };
  if (guard === true) {
    if (write === true || Object.keys(chosen).length > 0) {
      throw new UsageError('--guard: goes with --ours, --json and --cpu-prof only');
    }
    return { ...GUARDED, ...shared, isGuard: true, write: false };
  }
  if (write === true && profiles !== undefined) {
    throw new UsageError('--write: not with --cpu-prof, since profiling costs what is measured');
  }
  if (write === true && (ours !== undefined || json !== undefined)) {
    throw new UsageError('--write: not with --ours or --json, whose paths say nothing to a reader');
  }
  return {
    scenarios: listed('--scenario', chosen.scenario, allowed.scenarios),
    contenders: listed('--contenders', chosen.contenders, allowed.contenders),
    rounds: wholeNumber('--rounds', chosen.rounds ?? ROUNDS),
    ...shared,
    isGuard: false,
    write: write === true,
  };
}

function parsed(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        scenario: { type: 'string' },
        contenders: { type: 'string' },
        rounds: { type: 'string' },
        guard: { type: 'boolean' },
        ours: { type: 'string' },
        json: { type: 'string' },
        write: { type: 'boolean' },
        'cpu-prof': { type: 'string' },
      },
    });
    return { ...values };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** The named ones in the order in which they are allowed; all, where none is named. */
function listed(flag: string, value: string | undefined, allowed: readonly string[]): string[] {
  if (value === undefined) return [...allowed];
  const names = value.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !allowed.includes(name));
  if (unknown.length > 0) {
    throw new UsageError(`${flag}: found "${unknown.join(', ')}", allowed: ${allowed.join(', ')}`);
  }
  return allowed.filter((name) => names.includes(name));
}

function wholeNumber(flag: string, value: string): number {
  if (!/^[1-9]\d{0,2}$/.test(value)) {
    throw new UsageError(`${flag}: found "${value}", allowed: a whole number from 1 to 999`);
  }
  return Number(value);
}
