import { spawn } from 'node:child_process';
import { freePort } from '../free-port.js';
import { ROOT } from './markdown-files.js';
import type { CodeBlock } from './markdown.js';

/** The address that the documents use. */
const DOCUMENTED_URL = 'http://127.0.0.1:8000';

/** The port at which an example that starts a service of its own does so. */
const DOCUMENTED_PORT = '8001';

/** The command line, which is built already: npm would build it again under those that use it. */
const COMMAND_LINE = 'npm run --silent chat --';
const BUILT_COMMAND_LINE = 'node client/dist/cli/main.js';

/** Ends an example that hangs, in milliseconds: long before the test itself is given up. */
const LONGEST = 15_000;

/**
 * Keeps the process until the example has printed something, as a page stays: an `EventSource` of
 * Node does not while it waits to connect again.
 */
const STAY_UNTIL_PRINTED = `
  const staying = setInterval(() => {}, ${LONGEST});
  const { log } = console;
  console.log = (...said) => { log(...said); clearInterval(staying); };`;

const NODE_OPTIONS = [
  '--no-warnings',
  '--experimental-eventsource',
  `--import=data:text/javascript,${encodeURIComponent(STAY_UNTIL_PRINTED)}`,
  '--input-type=module',
];

/** How an example is run, by the language of its block. */
const COMMANDS: Readonly<Record<string, readonly [command: string, ...options: string[]]>> = {
  bash: ['bash', '-e', '-c'],
  js: [process.execPath, ...NODE_OPTIONS, '-e'],
  python: ['python3', '-c'],
};

/** What an example may use of the outside. */
export interface ExampleContext {
  /** The service; without a slash at its end. */
  url: string;
  /** The variables that the documents write as `$RUN` and `$SESSION`. */
  variables?: Readonly<Record<string, string>>;
}

/** What came of an example. */
export interface ExampleResult {
  /** Null where it was ended because it hung. */
  code: number | null;
  output: string;
  errors: string;
}

/** Runs the code of a block as a reader would who has copied it. What it leaves running is ended. */
export async function runExample(
  { language, code }: CodeBlock,
  { url, variables }: ExampleContext,
): Promise<ExampleResult> {
  const [command, ...options] = COMMANDS[language] ?? [];
  if (command === undefined) throw new Error(`No example is written in ${language}.`);
  const port = String(await freePort());
  const local = code
    .replaceAll(DOCUMENTED_URL, url)
    .replaceAll(DOCUMENTED_PORT, port)
    .replaceAll(COMMAND_LINE, BUILT_COMMAND_LINE);
  const child = spawn(command, [...options, local], {
    cwd: ROOT,
    // Nothing else of the host's: a proxy there would be asked for the loopback, too.
    env: { PATH: process.env['PATH'], AGNO_URL: url, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of processes of its own, which can be ended whole.
    detached: true,
    timeout: LONGEST,
    killSignal: 'SIGKILL',
  });
  child.once('exit', () => endGroup(child.pid!));
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => output.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => errors.push(bytes));
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (exitCode) => {
      const text = (pieces: Buffer[]) => Buffer.concat(pieces).toString();
      resolve({ code: exitCode, output: text(output), errors: text(errors) });
    });
  });
}

/** Ends what is left of a group of processes. */
function endGroup(id: number): void {
  try {
    process.kill(-id, 'SIGKILL');
  } catch {
    // Nothing was left.
  }
}

/** Whether the language of an example can be run here. Only Python may be missing. */
export async function canRun(language: string): Promise<boolean> {
  if (language !== 'python') return true;
  const probe = { language, code: 'print(1)', mark: undefined, line: 0 };
  return runExample(probe, { url: '' }).then(
    ({ code }) => code === 0,
    () => false,
  );
}
