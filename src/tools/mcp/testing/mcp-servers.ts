import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AGENT_DEFAULTS, AgentsConfig } from '../../../config/agents-config.js';
import type { AgentConfig, McpServerConfig } from '../../../config/agents-config.js';
import { Settings } from '../../../config/settings.js';
import type { Logger } from '../../../logging/logger.js';
import type { Tool, ToolContext, ToolOutput } from '../../tool.js';
import { McpTools } from '../mcp-tools.js';

const PACKAGES = join(import.meta.dirname, '../../../../node_modules/@modelcontextprotocol');

/** The program of a server that is installed for the specs. */
export function packageServer(name: 'everything' | 'filesystem', ...args: string[]) {
  const program = join(PACKAGES, `server-${name}`, 'dist/index.js');
  return { command: process.execPath, args: [program, ...args] };
}

/** The server of the specs' own, in one of its modes. */
export function scriptedServer(...args: string[]) {
  const program = join(import.meta.dirname, 'scripted-server.ts');
  return { command: process.execPath, args: [program, ...args] };
}

/** An agent's entry of a server, with the defaults of the rest. */
export function serverEntry(id: string, entry: Partial<McpServerConfig>): McpServerConfig {
  return { id, args: [], env: {}, headers: {}, allow: ['*'], deny: [], idempotent: [], ...entry };
}

export function agentWith(...mcpServers: McpServerConfig[]): AgentConfig {
  return { ...AGENT_DEFAULTS, id: 'agent', name: 'Agent', mcpServers };
}

/** A line of the log. */
export interface Logged extends Record<string, unknown> {
  readonly level: string;
  readonly said: string;
}

/** A log that is kept, and can be waited for. */
export class KeptLog implements Logger {
  readonly lines: Logged[] = [];
  readonly #waiting = new Set<() => void>();

  debug = (fields: object, said: string) => this.#keep('debug', fields, said);
  info = (fields: object, said: string) => this.#keep('info', fields, said);
  warn = (fields: object, said: string) => this.#keep('warn', fields, said);
  error = (fields: object, said: string) => this.#keep('error', fields, said);

  /** Resolves with the first line that contains all the texts, once there are so many of them. */
  async line(texts: readonly string[], count = 1): Promise<Logged> {
    for (;;) {
      const found = this.lines.filter((line) => {
        const text = JSON.stringify(line);
        return texts.every((one) => text.includes(one));
      });
      if (found.length >= count) return found[0]!;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #keep(level: string, fields: object, said: string): void {
    this.lines.push({ level, said, ...fields });
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** The tools of agents as a spec has them; `close` ends their servers. */
export class McpWorkbench {
  readonly log = new KeptLog();
  readonly tools: McpTools;

  constructor(
    readonly agents: readonly AgentConfig[],
    settings: Partial<Settings> = {},
  ) {
    const config = new AgentsConfig(agents, agents[0]!.id);
    this.tools = new McpTools(new Settings(settings), config, this.log);
  }

  async list(agent: AgentConfig = this.agents[0]!): Promise<readonly Tool[]> {
    return this.tools.toolsOf(agent, new AbortController().signal);
  }

  async call(name: string, args: unknown = {}, context: Partial<ToolContext> = {}) {
    const tool = (await this.list()).find((one) => one.name === name);
    if (tool === undefined) throw new Error(`There is no tool ${name}.`);
    return callTool(tool, args, context);
  }

  close(): Promise<void> {
    return this.tools.onApplicationShutdown();
  }
}

export function callTool(
  tool: Tool,
  args: unknown = {},
  context: Partial<ToolContext> = {},
): Promise<ToolOutput> {
  return tool.run(args, {
    owner: 'local',
    runId: 'run',
    sessionId: null,
    agent: agentWith(),
    callId: 'call',
    idempotencyKey: 'key',
    signal: new AbortController().signal,
    progress: () => {},
    ...context,
  });
}

/** Resolves once a process has ended; who should have seen it end may not have looked yet. */
export async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise(setImmediate);
}

/** Whether a process runs: one that has ended, and that nobody has asked for yet, does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
