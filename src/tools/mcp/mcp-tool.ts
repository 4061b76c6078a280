import type { McpServerConfig } from '../../config/agents-config.js';
import type { JsonSchema, Tool, ToolContext, ToolOutput } from '../tool.js';
import { isRecord } from './json-values.js';
import type { ListedTool } from './listed-tools.js';
import { ServerDownError, type McpConnection } from './mcp-connection.js';
import type { McpSession } from './mcp-session.js';
import { isNamed } from '../name-patterns.js';

/** A tool of an MCP server, as one agent has it. */
export class McpTool implements Tool {
  readonly description: string;
  readonly parameters: JsonSchema;
  readonly idempotent: boolean;
  /** Never by itself: what a server says of its tools is no reason to trust, or to ask. */
  readonly needsApproval = false;
  readonly timeoutMs?: number;
  // Private to JSON and logs as well: a connection knows the secrets of its server.
  readonly #tool: ListedTool;
  readonly #server: string;
  readonly #connection: McpConnection;

  constructor(
    readonly name: string,
    tool: ListedTool,
    server: McpServerConfig,
    connection: McpConnection,
  ) {
    this.#tool = tool;
    this.#server = server.id;
    this.#connection = connection;
    this.description = tool.description;
    this.parameters = tool.inputSchema;
    this.idempotent = tool.idempotent || isNamed(server.idempotent, tool.name);
    this.timeoutMs = server.timeoutMs;
  }

  async run(args: unknown, context: ToolContext): Promise<ToolOutput> {
    if (!isRecord(args)) return fault('The arguments must be a JSON object.');
    const { idempotencyKey, signal } = context;
    const call = { tool: this.#tool, args, idempotencyKey, signal, progress: context.progress };
    // Once more where the call has met the end of a session: it has not reached the server.
    for (let tries = 1; ; tries += 1) {
      const session = await this.#session(signal);
      if (typeof session === 'string') return fault(session);
      const output = await session.call(call);
      if (output !== 'not sent') return output;
      if (tries === 2) return fault(`The server ${this.#server} cannot be reached.`);
    }
  }

  /** The session, or why there is none. */
  async #session(signal: AbortSignal): Promise<McpSession | string> {
    try {
      return await this.#connection.session(signal);
    } catch (error) {
      if (!(error instanceof ServerDownError)) throw error;
      return `The server ${this.#server} is not running: ${error.message}.`;
    }
  }
}

function fault(content: string): ToolOutput {
  return { content, isError: true };
}
