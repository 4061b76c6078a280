import { Injectable } from '@nestjs/common';
import type { AgentConfig } from '../config/agents-config.js';
import type { AgentTools, ToolContext, ToolOutput } from './tool.js';

/** Knows the tools of each agent, wherever they come from. */
@Injectable()
export class Toolbox {
  /**
   * The tools that an agent has at present. An MCP server that cannot be reached is left out.
   * @param signal ends the wait for servers that are started for it
   */
  async toolsOf(_agent: AgentConfig, _signal: AbortSignal): Promise<AgentTools> {
    return {
      definitions: [],
      find: () => undefined,
      call: async (name: string, _args: unknown, _context: ToolContext): Promise<ToolOutput> => ({
        content: `There is no tool ${JSON.stringify(name)}.`,
        isError: true,
      }),
    };
  }
}
