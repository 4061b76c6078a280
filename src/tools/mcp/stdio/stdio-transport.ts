import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { parseJSONRPCMessage, SdkError, SdkErrorCode } from '@modelcontextprotocol/client';
import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import { getDefaultEnvironment } from '@modelcontextprotocol/client/stdio';
import type { CloseTimes, ServerTransport } from '../server-transport.js';
import { LineSplitter } from './line-splitter.js';
import { ProcessGroup } from './process-group.js';
import { answeredId } from './answered-id.js';

/** Largest message of a server, in bytes. */
const MAX_MESSAGE = 16 * 1024 * 1024;

/** Longest line of its standard error that is shown. */
const MAX_OUTPUT_LINE = 64 * 1024;

/** How long what has ended may take to have its last words read, in milliseconds. */
const LAST_WORDS_MS = 1_000;

/** JSON-RPC's code for whatever an implementation refuses. */
const REFUSED = -32000;

/** JSON in a line, also for readers to whom these characters end one. */
function lineOf(message: JSONRPCMessage): string {
  return JSON.stringify(message).replace(
    /[\u0085\u2028\u2029]/g,
    (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The program of a server. */
export interface ServerProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** Beside PATH, HOME and the like. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/**
 * An MCP server as a child process, spoken to over its standard input and output. It leads a process
 * group of its own: those that it has started (`npx` starts the server proper) end with it, and a
 * Ctrl-C in our terminal does not reach it before the calls that are under way have ended.
 */
export class StdioTransport implements ServerTransport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;

  readonly #ended = Promise.withResolvers<string>();
  #child?: ChildProcessWithoutNullStreams;
  #group?: ProcessGroup;
  #reason?: string;

  /** @param onOutput is given each line that is no message: standard error, and whatever else it writes */
  constructor(
    private readonly program: ServerProgram,
    private readonly times: CloseTimes,
    private readonly onOutput: (line: string) => void,
  ) {}

  get ended(): Promise<string> {
    return this.#ended.promise;
  }

  /** The process that leads the group; undefined before it is there. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** @throws what the system says when the program cannot be started */
  async start(): Promise<void> {
    const { command, args, cwd, env } = this.program;
    try {
      const child = spawn(command, args, {
        ...(cwd !== undefined && { cwd }),
        env: { ...getDefaultEnvironment(), ...env },
        stdio: 'pipe',
        detached: process.platform !== 'win32',
        windowsHide: true,
      });
      this.#child = child;
      if (child.pid !== undefined) this.#group = new ProcessGroup(child);
      this.#listen(child);
      await once(child, 'spawn');
    } catch (error) {
      this.#child = undefined;
      this.#end('it could not be started');
      throw error;
    }
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (stdin === undefined || !stdin.writable) {
      throw new SdkError(SdkErrorCode.NotConnected, 'Not connected');
    }
    // Where it cannot be written, the end of the connection follows, and says why.
    stdin.write(`${lineOf(message)}\n`);
  }

  lose(reason: string): void {
    this.#reason ??= reason;
    void this.close();
  }

  async close(): Promise<void> {
    const group = this.#group;
    if (group === undefined) {
      this.#end('it was ended');
      return;
    }
    this.#reason ??= 'it was ended';
    this.#child?.stdin.end();
    if (await this.#endsWithin(this.times.byItselfMs)) return;
    group.signal('SIGTERM');
    if (await this.#endsWithin(this.times.whenToldMs)) return;
    group.signal('SIGKILL');
    await this.#ended.promise;
  }

  async #endsWithin(ms: number): Promise<boolean> {
    const timer = new AbortController();
    const over = setTimeout(ms, false, { signal: timer.signal }).catch(() => false);
    const ended = await Promise.race([this.#ended.promise.then(() => true), over]);
    timer.abort();
    return ended;
  }

  #listen(child: ChildProcessWithoutNullStreams): void {
    const messages = new LineSplitter(
      MAX_MESSAGE,
      (line) => this.#take(line),
      (beginning, end) => this.#refuse(beginning, end),
    );
    const output = new LineSplitter(MAX_OUTPUT_LINE, this.onOutput, () =>
      this.onOutput('[a line of more than 64 KB]'),
    );
    child.stdout.on('data', (chunk: Buffer) => messages.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk)).on('end', () => output.end());
    // A pipe breaks when the server ends, and its exit says why.
    for (const pipe of [child.stdout, child.stderr]) pipe.on('error', () => {});
    child.stdin.on('error', () => void this.#isDeaf());
    child.on('error', (error) => this.onerror?.(error));
    child.once('exit', (code, signal) => void this.#exited(child, code, signal));
  }

  /** A server that lives on without reading would leave every call waiting. */
  async #isDeaf(): Promise<void> {
    if (!(await this.#endsWithin(LAST_WORDS_MS))) this.lose('it has closed its input');
  }

  /** What it has started goes with it; what it has said last is still heard. */
  async #exited(
    child: ChildProcessWithoutNullStreams,
    code: number | null,
    signal: NodeJS.Signals | null,
  ): Promise<void> {
    const closed = once(child, 'close');
    this.#group?.signal('SIGKILL');
    // Somebody who left the group may hold the pipes for ever.
    await Promise.race([closed, setTimeout(LAST_WORDS_MS, undefined, { ref: false })]);
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy();
    this.#end(signal === null ? `it has exited with code ${code}` : `it was ended by ${signal}`);
  }

  #end(reason: string): void {
    this.#group = undefined;
    this.#reason ??= reason;
    this.#ended.resolve(this.#reason);
    this.onclose?.();
    this.onclose = undefined;
  }

  #take(line: string): void {
    let message: JSONRPCMessage;
    try {
      message = parseJSONRPCMessage(JSON.parse(line));
    } catch {
      // Some servers greet people on their standard output.
      return this.onOutput(line);
    }
    if ('method' in message) this.onmessage?.(message);
    // The client looks at a notification one step later: an answer must not overtake its progress.
    else queueMicrotask(() => this.onmessage?.(message));
  }

  /** What is too large is not read; whoever waits for it is told, and not left waiting. */
  #refuse(beginning: string, end: string): void {
    const id = answeredId(beginning, end);
    this.onOutput(`[a message of more than ${MAX_MESSAGE / 1024 / 1024} MB]`);
    if (id === undefined) return;
    const message = `its answer is larger than ${MAX_MESSAGE / 1024 / 1024} MB`;
    this.onmessage?.({ jsonrpc: '2.0', id, error: { code: REFUSED, message } });
  }
}
