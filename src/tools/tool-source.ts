import type { AgentConfig } from '../config/agents-config.js';
import type { Tool } from './tool.js';

/** Where an agent's tools come from. */
export abstract class ToolSource {
  /** The tools that an agent has of it at present. */
  abstract toolsOf(agent: AgentConfig, signal: AbortSignal): Promise<readonly Tool[]>;
}
