import { spawn, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NOTHING_LOOKED_FOR } from './config-dir.js';
import { LogLines } from './log-lines.js';
import type { ProcessExit } from './process.js';

/** The longest that one may run before it is killed, in milliseconds: shorter than a test. */
const LIMIT_MS = 18_000;

const DIST = join(import.meta.dirname, '../../dist');

/** What is to be run, and as whom. */
export interface BareProcessOptions {
  /** A built file and its arguments. @default ['main.js'] */
  run?: readonly [script: string, ...args: string[]];
  /** A command that runs the rest of its line, such as `prlimit`. @default none */
  through?: readonly string[];
  /** Another user, by number; only root may. */
  uid?: number;
}

/** What a process has said and how it ended. */
export interface BareEnd extends ProcessExit {
  stdout: string;
  stderr: string;
}

/** A built program that need not come up, or that is looked at while it does. */
export interface BareProcess {
  child: ChildProcess;
  /** The lines of its standard output. */
  log: LogLines;
  ended: Promise<BareEnd>;
}

/** Starts it; for one that is to serve, see `startProcess`. @param env its whole environment but for `PORT` */
export function startBare(
  env: Readonly<Record<string, string>>,
  { run: [script, ...args] = ['main.js'], through = [], uid }: BareProcessOptions = {},
): BareProcess {
  const line = [...through, process.execPath, join(DIST, script), ...args];
  const child = spawn(line[0]!, line.slice(1), {
    // Not the project: a developer's `.env` there would change what is tested.
    cwd: env['CONFIG_DIR'] ?? tmpdir(),
    env: { PORT: '0', ...NOTHING_LOOKED_FOR, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
    ...(uid !== undefined && { uid, gid: uid }),
  });
  const log = new LogLines();
  child.stdout.on('data', (bytes: Buffer) => log.write(bytes));
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<BareEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      log.end();
      resolve({ code, signal, stdout: log.text, stderr });
    });
  });
  return { child, log, ended };
}

/** Runs it to its end, which it comes to by itself. */
export function runBare(
  env: Readonly<Record<string, string>>,
  options?: BareProcessOptions,
): Promise<BareEnd> {
  return startBare(env, options).ended;
}
