import { spawn, spawnSync } from 'node:child_process';

/** What a command has said and how it ended. */
export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A command of the system, running. */
export interface RunningCommand {
  /** Resolves once the output holds a text; fails where it ends before. */
  said(text: string): Promise<void>;
  /** Resolves when the command has ended, however it did. */
  ended: Promise<CommandResult>;
  kill(): void;
}

/** No proxy of the machine, and no settings of its user beyond where programs are. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME };
}

/**
 * Whether a command can be run. Says so in large letters where it cannot: what it would have shown
 * is then not tested on this machine.
 */
export function hasCommand(name: string, ...versionArgs: string[]): boolean {
  const { status } = spawnSync(name, versionArgs, { env: environment(), stdio: 'ignore' });
  if (status === 0) return true;
  process.stderr.write(`\n!!! NOT TESTED: there is no ${name} on this machine !!!\n\n`);
  return false;
}

/** Starts a command. @param input what it reads on its standard input */
export function startCommand(
  name: string,
  args: readonly string[],
  input: string | Buffer = '',
): RunningCommand {
  const child = spawn(name, args, { env: environment(), stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  let over = false;
  let look = (): void => undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A command that ends early leaves its input unread.
  child.stdin.on('error', () => undefined).end(input);
  const ended = new Promise<CommandResult>((resolve) => {
    child.once('close', (code) => {
      over = true;
      look();
      resolve({ code, stdout, stderr });
    });
  });
  const said = (text: string) =>
    new Promise<void>((resolve, reject) => {
      look = () => {
        if (stdout.includes(text)) resolve();
        else if (over) reject(new Error(`${name} ended without ${text}:\n${stdout}${stderr}`));
      };
      look();
    });
  return { said, ended, kill: () => child.kill('SIGKILL') };
}

/** Runs a command to its end. */
export function runCommand(
  name: string,
  args: readonly string[],
  input: string | Buffer = '',
): Promise<CommandResult> {
  return startCommand(name, args, input).ended;
}
