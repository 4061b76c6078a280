import { setTimeout } from 'node:timers/promises';
import type { McpServerConfig } from '../../config/agents-config.js';
import type { Logger } from '../../logging/logger.js';
import type { ListedTool } from './listed-tools.js';
import type { McpSession } from './mcp-session.js';
import { pending } from './pending.js';
import { RestartDelay } from './restart-delay.js';
import type { CloseTimes } from './server-transport.js';
import { ServerOutput } from './stdio/server-output.js';
import { untilAborted } from './until-aborted.js';

/** Calls wait for a server that will be started again within so long, in milliseconds. */
const SOON_MS = 5_000;

const STOPPING = 'the service is stopping';

/** How long the parts of a server's life may take, in milliseconds. */
export interface ConnectionTimes extends CloseTimes {
  /** How long a run waits for a server that starts. */
  readonly startMs: number;
  /** After how long a server that starts, or lists its tools, is given up: then it is started anew. */
  readonly giveUpMs: number;
}

/** What is known of a server. */
export interface ServerState {
  /** `idle`: nobody has needed it yet; `failed`: it will be tried again, but nobody waits for that. */
  readonly state: 'idle' | 'starting' | 'running' | 'failed';
  /** How many tools it has. */
  readonly tools?: number;
  /** Why it does not run. */
  readonly reason?: string;
}

/** A server that does not run; the message says why. */
export class ServerDownError extends Error {
  override readonly name = 'ServerDownError';
}

/**
 * One MCP server, shared by all agents that have it: started when it is first needed, and started
 * again for as long as the process lives. There is never more than one session with it.
 */
export class McpConnection {
  readonly #delay = new RestartDelay();
  readonly #closed = new AbortController();
  readonly #output: ServerOutput;
  #state: ServerState = { state: 'idle' };
  /** The session that is there or will be; rejected while the server is down. */
  #session = pending<McpSession>();
  #startedAt = 0;
  #tools?: readonly ListedTool[];
  /** The reading of the list that is under way. */
  #reading?: Promise<void>;
  #isStale = false;
  #life?: Promise<void>;

  constructor(
    private readonly server: McpServerConfig,
    private readonly times: ConnectionTimes,
    private readonly logger: Logger,
  ) {
    this.#output = new ServerOutput(logger, server.id, Object.values(server.env));
  }

  get state(): ServerState {
    return this.#state;
  }

  /**
   * Its tools. A server that is down for a moment has those that it had.
   * @throws ServerDownError when it does not run, or does not within the time that a run waits
   */
  async tools(signal: AbortSignal): Promise<readonly ListedTool[]> {
    this.#live();
    if (this.#state.state === 'failed') throw new ServerDownError(this.#state.reason);
    if (this.#tools !== undefined && this.#reading === undefined) return this.#tools;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(this.#patience())]);
    try {
      await untilAborted(this.#session.promise, limit);
      await untilAborted(this.#reading, limit);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ServerDownError) throw error;
      // It goes on starting; of a list that takes long, the one before is used.
    }
    if (this.#tools === undefined) throw new ServerDownError('it has not started in time');
    return this.#tools;
  }

  /**
   * The session with it, once there is one.
   * @throws ServerDownError when it does not run, and will not soon
   */
  async session(signal: AbortSignal): Promise<McpSession> {
    this.#live();
    if (this.#closed.signal.aborted) throw new ServerDownError(STOPPING);
    return untilAborted(this.#session.promise, signal);
  }

  /** Ends it for good; resolves once nothing of it is left. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#session.reject(new ServerDownError(STOPPING));
    await this.#life;
  }

  /** How long a run waits now. It is not each run anew that waits for a server which never answers. */
  #patience(): number {
    const since = this.#reading === undefined ? performance.now() - this.#startedAt : 0;
    return Math.max(0, Math.ceil(this.times.startMs - since));
  }

  #live(): void {
    if (this.#life !== undefined || this.#closed.signal.aborted) return;
    this.#startedAt = performance.now();
    this.#state = { state: 'starting' };
    this.#life = this.#keepRunning();
  }

  async #keepRunning(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      const { reason, workedMs } = await this.#runOnce();
      if (signal.aborted) return;
      const delay = this.#delay.after(workedMs);
      this.#lost(reason, delay);
      await setTimeout(delay, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** One session from its beginning to its end. */
  async #runOnce(): Promise<{ reason: string; workedMs: number }> {
    // With the client, this takes a tenth of a second and 30 MB: only where there are servers.
    const { openSession } = await import('./open-session.js');
    const { reasonOf } = await import('./fault-reason.js');
    const { signal } = this.#closed;
    let session: McpSession | undefined;
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(this.times.giveUpMs)]);
      session = await openSession(
        {
          server: this.server,
          times: this.times,
          output: (line) => this.#output.line(line),
          leftOut: (tool, why) => this.#leftOut(tool, why),
          toolsChanged: () => this.#toolsChanged(),
          over: () => this.#over(),
        },
        limit,
      );
      const tools = await untilAborted(session.tools(limit), limit);
      this.#tools = tools;
    } catch (error) {
      const reason = reasonOf(error);
      await session?.close();
      return { reason, workedMs: 0 };
    }
    const since = performance.now();
    this.#runs(session);
    const end = (): void => void session.close();
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    const reason = await session.ended;
    signal.removeEventListener('abort', end);
    return { reason, workedMs: performance.now() - since };
  }

  #runs(session: McpSession): void {
    const tools = this.#tools?.length ?? 0;
    this.#state = { state: 'running', tools };
    if (this.#session.isSettled) this.#session = pending();
    this.#session.resolve(session);
    this.logger.info({ mcp_server: this.server.id, tools }, 'mcp server running');
    if (this.#isStale) this.#read(session);
  }

  /** Calls that come now wait for what becomes of it. */
  #over(): void {
    if (this.#state.state === 'running') this.#session = pending();
  }

  #lost(reason: string, delay: number): void {
    const hasRun = this.#tools !== undefined;
    const waits = hasRun && delay <= SOON_MS;
    this.#state = { state: waits ? 'starting' : 'failed', reason };
    if (waits) this.#startedAt = performance.now();
    if (this.#session.isSettled) this.#session = pending();
    if (!waits) this.#session.reject(new ServerDownError(reason));
    this.logger.warn(
      { mcp_server: this.server.id, reason, retry_in_ms: delay },
      'mcp server not running',
    );
  }

  #toolsChanged(): void {
    this.#isStale = true;
    if (this.#state.state !== 'running' || this.#reading !== undefined) return;
    void this.#session.promise.then(
      (session) => this.#read(session),
      // It is read whenever a session begins.
      () => undefined,
    );
  }

  /** Reads the list anew, and once more if it has changed meanwhile. */
  #read(session: McpSession): void {
    const { signal } = this.#closed;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(this.times.giveUpMs)]);
    const read = async (): Promise<void> => {
      while (this.#isStale) {
        this.#isStale = false;
        this.#tools = await session.tools(limit);
      }
      if (this.#state.state !== 'running') return;
      this.#state = { state: 'running', tools: this.#tools?.length ?? 0 };
    };
    this.#reading ??= read()
      .catch(() => this.logger.warn({ mcp_server: this.server.id }, 'mcp tools not listed'))
      .finally(() => (this.#reading = undefined));
  }

  #leftOut(tool: string, why: string): void {
    const fields = { mcp_server: this.server.id, tool: tool.slice(0, 128), reason: why };
    this.logger.warn(fields, 'mcp tool left out');
  }
}
