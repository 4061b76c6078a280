import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import {
  AgentsConfig,
  type AgentConfig,
  type McpServerConfig,
} from '../../config/agents-config.js';
import { Settings } from '../../config/settings.js';
import { Logger } from '../../logging/logger.js';
import { ToolSource } from '../tool-source.js';
import type { ListedTool } from './listed-tools.js';
import { McpConnection, ServerDownError, type ServerState } from './mcp-connection.js';
import { McpTool } from './mcp-tool.js';
import { isNamed } from '../name-patterns.js';
import { ToolNames } from './tool-names.js';

/** A start that has taken so long will not succeed: `npx` may load a server from far away first. */
const GIVE_UP_MS = 120_000;

/** How long a server may take to end by itself, and then to end when told so, in milliseconds. */
const CLOSE_TIMES = { byItselfMs: 1_000, whenToldMs: 2_000 };

/** The tools of MCP servers: one connection a server, whichever agents have it. */
@Injectable()
export class McpTools extends ToolSource implements OnApplicationShutdown {
  readonly #connections = new Map<string, McpConnection>();

  constructor(
    private readonly settings: Settings,
    private readonly agents: AgentsConfig,
    private readonly logger: Logger,
  ) {
    super();
  }

  /** Servers that do not run, or do not start in time, are left out; the log says so. */
  override async toolsOf(agent: AgentConfig, signal: AbortSignal): Promise<readonly McpTool[]> {
    const servers = agent.mcpServers.filter(({ unavailable }) => unavailable === undefined);
    const lists = await Promise.all(servers.map((server) => this.#listOf(agent, server, signal)));
    const names = new ToolNames();
    return servers.flatMap((server, index) => {
      const connection = this.#connectionTo(server);
      return (lists[index] ?? [])
        .filter(({ name }) => isNamed(server.allow, name))
        .filter(({ name }) => !isNamed(server.deny, name))
        .map((tool) => new McpTool(names.nameOf(server.id, tool.name), tool, server, connection));
    });
  }

  /** All servers of all agents, by their ids; by `agent/server` where agents mean different ones. */
  states(): Record<string, ServerState> {
    const entries = [...this.agents.agents.values()].flatMap((agent) =>
      agent.mcpServers.map((server) => ({ agent, server, key: keyOf(server) })),
    );
    const states = entries.map(({ agent, server, key }) => {
      const isUnique = entries.every((other) => other.server.id !== server.id || other.key === key);
      const name = isUnique ? server.id : `${agent.id}/${server.id}`;
      return [name, this.#stateOf(server, key)] as const;
    });
    return Object.fromEntries(states);
  }

  /** After the last run: no server, and no process of one, outlives the service. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.#connections.values()].map((connection) => connection.close()));
  }

  #stateOf({ unavailable: reason }: McpServerConfig, key: string): ServerState {
    if (reason !== undefined) return { state: 'failed', reason };
    return this.#connections.get(key)?.state ?? { state: 'idle' };
  }

  async #listOf(
    agent: AgentConfig,
    server: McpServerConfig,
    signal: AbortSignal,
  ): Promise<readonly ListedTool[]> {
    try {
      return await this.#connectionTo(server).tools(signal);
    } catch (error) {
      if (!(error instanceof ServerDownError)) throw error;
      const fields = { agent: agent.id, mcp_server: server.id, reason: error.message };
      this.logger.warn(fields, 'mcp server left out');
      return [];
    }
  }

  #connectionTo(server: McpServerConfig): McpConnection {
    const key = keyOf(server);
    const known = this.#connections.get(key);
    if (known !== undefined) return known;
    const times = {
      ...CLOSE_TIMES,
      startMs: this.settings.mcpStartTimeoutMs,
      giveUpMs: Math.max(GIVE_UP_MS, this.settings.mcpStartTimeoutMs),
    };
    const connection = new McpConnection(server, times, this.logger);
    this.#connections.set(key, connection);
    return connection;
  }
}

/** The same for entries that describe one server, whatever each takes of it. */
function keyOf({ command, args, env, cwd, url, headers }: McpServerConfig): string {
  const sorted = (map: Readonly<Record<string, string>>) =>
    Object.entries(map).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([command, args, sorted(env), cwd, url, sorted(headers)]);
}
