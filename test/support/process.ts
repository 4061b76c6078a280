import { spawn, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NOTHING_LOOKED_FOR } from './config-dir.js';
import { freePort } from './free-port.js';
import { LogLines } from './log-lines.js';

const ROOT = join(import.meta.dirname, '../..');

/** How a process ended: one of the two is null. */
export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** The built service as a process of its own, to be signalled and killed. */
export interface ServiceProcess {
  /** Without a slash at its end. */
  url: string;
  child: ChildProcess;
  /** What it has written to its standard output and error. */
  log: LogLines;
  /** Sends a signal and waits for the end. @default SIGTERM */
  stop(signal?: NodeJS.Signals): Promise<ProcessExit>;
  /** SIGKILL: it is gone in mid-work, without a word. Waits for the end. */
  kill(): Promise<ProcessExit>;
  /**
   * Starts another one in its place once it has ended: on the same port and directories.
   * @param env what differs
   */
  restart(env?: Readonly<Record<string, string>>): Promise<ServiceProcess>;
  /** Resolves when the process has ended. */
  exited: Promise<ProcessExit>;
}

/**
 * Starts `dist/main.js` (the build must be up to date) on a free port and waits until its log says
 * where it listens: a line with `url`. Fails, with the log, where it ends before.
 *
 * @param given its whole environment but for what has a default here; see `writeConfigDir`
 * @param main what is started. @default that of the project
 */
export async function startProcess(
  given: Readonly<Record<string, string>>,
  main: string = join(ROOT, 'dist/main.js'),
): Promise<ServiceProcess> {
  const port = String(await freePort());
  const env = { HOST: '127.0.0.1', PORT: port, ...NOTHING_LOOKED_FOR, ...given };
  const child = spawn(process.execPath, [main], {
    // Not the project: a developer's `.env` there would change what is tested.
    cwd: given['CONFIG_DIR'] ?? tmpdir(),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = new LogLines();
  child.stdout.on('data', (bytes: Buffer) => log.write(bytes));
  child.stderr.on('data', (bytes: Buffer) => log.write(bytes));
  const exited = new Promise<ProcessExit>((resolve) => {
    // 'close', not 'exit': by then everything that it wrote has been read.
    child.once('close', (code, signal) => {
      log.end();
      resolve({ code, signal });
    });
  });
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    return exited;
  };
  const kill = () => stop('SIGKILL');
  try {
    const line = await log.until(({ url }) => typeof url === 'string');
    const url = (line['url'] as string).replace(/\/$/, '');
    const restart = async (other: Readonly<Record<string, string>> = {}) => {
      await exited;
      return startProcess({ ...env, PORT: new URL(url).port, ...other }, main);
    };
    return { url, child, log, stop, kill, restart, exited };
  } catch (error) {
    await kill();
    throw new Error(`The service did not start:\n${log.text}`, { cause: error });
  }
}
