import { parseArgs } from 'node:util';

/** What the caller asks for. */
export interface Options {
  /** Ids. */
  readonly scenarios: readonly string[];
  readonly contenders: readonly string[];
  readonly rounds: number;
  /** The checkout whose `dist/` is measured as ours. */
  readonly ours: string;
  readonly profiles: string | undefined;
}

export interface Allowed {
  readonly scenarios: readonly string[];
  readonly contenders: readonly string[];
  /** The checkout that this benchmark stands in. */
  readonly root: string;
}

/** A command line that cannot be followed. Its message is for the caller. */
export class UsageError extends Error {}

/** Reads the flags after `npm run bench --`. Throws a `UsageError`. */
export function readCommandLine(args: readonly string[], allowed: Allowed): Options {
  const { values } = parsed(args);
  return {
    scenarios: listed('--scenario', values.scenario, allowed.scenarios),
    contenders: listed('--contenders', values.contenders, allowed.contenders),
    rounds: wholeNumber('--rounds', values.rounds ?? '5'),
    ours: values.ours ?? allowed.root,
    profiles: values['cpu-prof'],
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        scenario: { type: 'string' },
        contenders: { type: 'string' },
        rounds: { type: 'string' },
        ours: { type: 'string' },
        'cpu-prof': { type: 'string' },
      },
    });
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
