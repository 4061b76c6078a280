import { spawn, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The built command line. */
export const COMMAND_LINE = join(import.meta.dirname, '../../client/dist/cli/main.js');

/** How a call of the command line ended, and what it has said. */
export interface CommandLineResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A call of the command line, under way. */
export interface RunningCommandLine {
  child: ChildProcess;
  /** Resolves once one of the outputs holds a text; fails where it ends before. */
  said(text: string): Promise<void>;
  ended: Promise<CommandLineResult>;
}

/**
 * Calls the command line with pipes, as a script does.
 *
 * @param url the service
 * @param input what it reads on its standard input; undefined: it is empty
 */
export function callCommandLine(
  url: string,
  args: readonly string[],
  {
    input = '',
    env = {},
  }: { input?: string | Buffer; env?: Readonly<Record<string, string>> } = {},
): RunningCommandLine {
  const child = spawn(process.execPath, [COMMAND_LINE, ...args], {
    cwd: tmpdir(),
    env: { AGNO_URL: url, ...env },
    stdio: 'pipe',
  });
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  const tell = (): void => watchers.forEach((watch) => watch());
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    tell();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    tell();
  });
  // Whoever needs no input may have ended before it is written.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const ended = new Promise<CommandLineResult>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  const said = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (!stdout.includes(text) && !stderr.includes(text)) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      void ended.then(() => reject(new Error(`It never said ${text}:\n${stdout}\n${stderr}`)));
      look();
    });
  return { child, said, ended };
}
