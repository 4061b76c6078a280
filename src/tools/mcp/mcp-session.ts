import {
  Client,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  UnauthorizedError,
  type StandardSchemaV1,
} from '@modelcontextprotocol/client';
import type { ToolOutput, ToolProgress } from '../tool.js';
import { outputOf } from './call-result.js';
import { reasonOf, ServerEndedError, systemCode } from './fault-reason.js';
import { AnswerTooLargeError } from './http/bounded-fetch.js';
import { ANSWER_CUT } from './http/http-transport.js';
import { isRecord } from './json-values.js';
import { readListedTools, type ListedTool } from './listed-tools.js';
import type { ServerTransport } from './server-transport.js';
import { untilAborted } from './until-aborted.js';

/** Most pages of a list, and most tools: a server whose list never ends must not fill our memory. */
const MAX_PAGES = 100;
const MAX_TOOLS = 1_000;

/** Longest text of a server's error that is passed on, in UTF-16 units. */
const MAX_ERROR = 4_096;

/** As long as a timer can be: a call ends when its signal says so. */
const NO_TIMEOUT = 2 ** 31 - 1;

/** Changes of the list of tools that come within so long, in milliseconds, are one. */
const CHANGES_MS = 100;

/** Where the key of a call stands for servers that know it. */
const IDEMPOTENCY_KEY = 'agno-api/idempotency-key';

/** Failures of `fetch` and the system before a request has left. */
const NOT_CONNECTED = [
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'],
  'UND_ERR_CONNECT_TIMEOUT',
];

/** The list is read one by one: a tool that is wrong must not take the others with it. */
const ANYTHING: StandardSchemaV1<unknown, unknown> = {
  '~standard': { version: 1, vendor: 'agno-api', validate: (value) => ({ value }) },
};

/** One call, as it goes to the server. */
export interface ServerCall {
  /** The server's own name of the tool. */
  readonly tool: ListedTool;
  readonly args: Record<string, unknown>;
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
  progress(this: void, progress: ToolProgress): void;
}

/** What a session tells of itself. */
export interface SessionEvents {
  leftOut(this: void, tool: string, why: string): void;
  /** The session is over: before the calls that are under way in it hear of that. */
  over(this: void): void;
  toolsChanged(this: void): void;
}

/** How a session begins. */
export interface Handshake {
  readonly events: SessionEvents;
  /** Ends the wait for the server. */
  readonly signal: AbortSignal;
  /** A version of MCP that has no `initialize`. @default those that have it */
  readonly version?: string;
}

/** One connection to a server, from the handshake to its end. */
export class McpSession {
  readonly #client: Client;
  readonly #transport: ServerTransport;
  readonly #events: SessionEvents;

  private constructor(transport: ServerTransport, { events, version }: Handshake) {
    this.#transport = transport;
    this.#events = events;
    this.#client = new Client(
      { name: 'agno-api', version: '1' },
      {
        // Nothing is offered: what a server asks of us (sampling, elicitation, roots) is refused.
        capabilities: {},
        ...(version !== undefined && { versionNegotiation: { mode: { pin: version } } }),
        listChanged: {
          tools: { autoRefresh: false, debounceMs: CHANGES_MS, onChanged: events.toolsChanged },
        },
      },
    );
    this.#client.onclose = events.over;
  }

  /**
   * Shakes hands. Where it fails, nothing of the connection is left.
   */
  static async open(transport: ServerTransport, handshake: Handshake): Promise<McpSession> {
    const session = new McpSession(transport, handshake);
    const { signal } = handshake;
    try {
      signal.throwIfAborted();
      const connected = session.#client.connect(transport, { signal, timeout: NO_TIMEOUT });
      // One that pins a version looks at no signal.
      await untilAborted(connected, signal);
      return session;
    } catch (error) {
      await transport.close();
      if (hasEnded(error)) throw new ServerEndedError(await transport.ended);
      throw error;
    }
  }

  /** Resolves with the reason once the connection has ended and nothing of it is left. */
  get ended(): Promise<string> {
    return this.#transport.ended;
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  /** All tools of the server that can be called from here, in its order. */
  async tools(signal: AbortSignal): Promise<ListedTool[]> {
    if (this.#client.getServerCapabilities()?.tools === undefined) return [];
    const listed: unknown[] = [];
    const seen = new Set<string>();
    let cursor: string | undefined;
    do {
      const params = cursor === undefined ? {} : { cursor };
      const request = { method: 'tools/list', params };
      const page = await this.#client.request(request, ANYTHING, { signal, timeout: NO_TIMEOUT });
      if (!isRecord(page) || !Array.isArray(page['tools'])) break;
      listed.push(...(page['tools'] as unknown[]));
      const { nextCursor } = page;
      cursor = typeof nextCursor === 'string' && !seen.has(nextCursor) ? nextCursor : undefined;
      if (cursor !== undefined) seen.add(cursor);
    } while (cursor !== undefined && seen.size < MAX_PAGES && listed.length < MAX_TOOLS);
    if (listed.length > MAX_TOOLS || cursor !== undefined) {
      this.#events.leftOut('', `only its first ${MAX_TOOLS} tools are used`);
    }
    return readListedTools(listed.slice(0, MAX_TOOLS), this.#events.leftOut);
  }

  /**
   * Calls a tool. What goes wrong is a result that says so.
   * @returns `not sent` where it certainly has not reached the server, and can be made anew
   * @throws the reason of the call's signal, when that is aborted; the server is told
   */
  async call({
    tool,
    args,
    idempotencyKey,
    signal,
    progress,
  }: ServerCall): Promise<ToolOutput | 'not sent'> {
    if (this.#client.transport === undefined) return 'not sent';
    try {
      const result = await this.#client.callTool(
        { name: tool.name, arguments: args, _meta: { [IDEMPOTENCY_KEY]: idempotencyKey } },
        {
          signal,
          timeout: NO_TIMEOUT,
          onprogress: ({ progress: done, total, message }) =>
            progress({
              progress: done,
              ...(total !== undefined && { total }),
              ...(message !== undefined && { message: readable(message) }),
            }),
          // Without its output schema, which would be compiled, and run, in this process.
          toolDefinition: { name: tool.name, inputSchema: { ...tool.inputSchema, type: 'object' } },
        },
      );
      return outputOf(result);
    } catch (error) {
      signal.throwIfAborted();
      const content = await this.#faultOf(error);
      return content === 'not sent' ? content : { content, isError: true };
    }
  }

  /** What the model is told of a call that has failed; `not sent` where there is nothing to tell yet. */
  async #faultOf(error: unknown): Promise<string> {
    if (error instanceof ProtocolError && error.code !== ANSWER_CUT) {
      return `The call was refused: ${readable(error.message)}`;
    }
    const lost = lossOf(error);
    if (lost !== undefined) {
      this.#transport.lose(lost);
      return 'not sent';
    }
    if (error instanceof UnauthorizedError || error instanceof SdkHttpError) {
      const mayHaveRun = error instanceof SdkHttpError && error.status >= 500;
      return `The call failed: ${httpFault(error)}.${mayHaveRun ? ` ${UNKNOWN}` : ''}`;
    }
    if (error instanceof SdkError) {
      if (error.code === SdkErrorCode.NotConnected) return 'not sent';
      if (!hasEnded(error)) {
        return `The call failed: the server's answer is not a valid result. ${UNKNOWN}`;
      }
      return `The server has ended during the call: ${await this.ended}. ${UNKNOWN}`;
    }
    if (error instanceof AnswerTooLargeError) return `The call failed: ${error.message}.`;
    return `The connection to the server broke during the call. ${UNKNOWN}`;
  }
}

const UNKNOWN = 'The call may or may not have run.';

/** Why the session is of no use any more where the call has not been taken; else undefined. */
function lossOf(error: unknown): string | undefined {
  if (isForgotten(error)) return 'it has forgotten the session';
  const code = systemCode(error);
  return code !== undefined && NOT_CONNECTED.includes(code) ? reasonOf(error) : undefined;
}

function hasEnded(error: unknown): boolean {
  return error instanceof SdkError && error.code === SdkErrorCode.ConnectionClosed;
}

/** What a server says to a session that it no longer knows: 404 by the book, 400 by some. */
function isForgotten(error: unknown): boolean {
  if (!(error instanceof SdkHttpError)) return false;
  const { text } = error.data;
  return error.status === 404 || (error.status === 400 && /session/i.test(String(text)));
}

function httpFault(error: UnauthorizedError | SdkHttpError): string {
  return `the server answers with HTTP ${error instanceof SdkHttpError ? error.status : 401}`;
}

function readable(text: string): string {
  return text.slice(0, MAX_ERROR).toWellFormed();
}
