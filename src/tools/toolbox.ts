import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { AgentsConfig, type AgentConfig } from '../config/agents-config.js';
import { Faults, notOneOf, shown } from '../config/faults/faults.js';
import { Settings } from '../config/settings.js';
import { Logger } from '../logging/logger.js';
import { DecoratedTools } from './decorated/decorated-tools.js';
import { callTool } from './tool-call.js';
import type { AgentTools, Tool, ToolDefinition } from './tool.js';
import type { ToolSource } from './tool-source.js';
import { nameList } from './tool-names.js';

/** Where tools come from beside the methods with `@Tool`: an array of `ToolSource`. */
export const TOOL_SOURCES = Symbol('TOOL_SOURCES');

/** Knows the tools of each agent, wherever they come from. */
@Injectable()
export class Toolbox implements OnModuleInit {
  constructor(
    private readonly agents: AgentsConfig,
    private readonly decorated: DecoratedTools,
    @Inject(TOOL_SOURCES) private readonly sources: readonly ToolSource[],
    private readonly settings: Settings,
    private readonly logger: Logger,
  ) {}

  /** @throws ConfigError where an agent names a tool that there is not, or that it has not */
  onModuleInit(): void {
    const faults = new Faults();
    const known = this.decorated.all.map(({ name }) => name);
    for (const { id, tools, approval } of this.agents.agents.values()) {
      for (const list of ['required', 'exempt'] as const) {
        for (const [index, name] of approval[list].entries()) {
          // What a server offers is known when it runs.
          if (name.includes('*') || name.includes('__') || tools.includes(name)) continue;
          const place = ['agents', id, 'approval', list, index];
          faults.add('agents.yaml', place, notOneOf(shown(name), name, tools));
        }
      }
      for (const [index, name] of tools.entries()) {
        if (known.includes(name)) continue;
        faults.add(
          'agents.yaml',
          ['agents', id, 'tools', index],
          notOneOf(shown(name), name, known),
        );
      }
    }
    faults.throwIfAny();
  }

  /** Those of an agent's tools that need nobody else: without the ones of MCP servers. */
  listed(agent: AgentConfig): readonly ToolDefinition[] {
    return this.decorated.named(agent.tools);
  }

  /**
   * The tools that an agent has at present. A server that cannot be reached is left out.
   * @param signal ends the wait for servers that are started for it
   */
  async toolsOf(agent: AgentConfig, signal: AbortSignal): Promise<AgentTools> {
    const others = await Promise.all(this.sources.map((source) => source.toolsOf(agent, signal)));
    const tools = new Map<string, Tool>();
    for (const tool of [...this.decorated.named(agent.tools), ...others.flat()]) {
      if (!tools.has(tool.name)) tools.set(tool.name, tool);
    }
    return {
      definitions: [...tools.values()],
      find: (name) => tools.get(name),
      call: async (name, args, context) => {
        const tool = tools.get(name);
        if (tool !== undefined) return callTool(tool, args, context, this.settings, this.logger);
        const content = `There is no tool ${JSON.stringify(name.slice(0, 64))}. ${nameList([...tools.keys()])}`;
        return { content, isError: true };
      },
    };
  }
}
