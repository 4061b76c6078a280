import { Injectable } from '@nestjs/common';
import { AgentsConfig, type AgentConfig } from '../config/agents-config.js';
import { AgentNotFoundError } from './agent-errors.js';

/** The agents that a caller may ask for. */
@Injectable()
export class AgentRegistry {
  constructor(private readonly config: AgentsConfig) {}

  list(): readonly AgentConfig[] {
    return [...this.config.agents.values()];
  }

  /** Undefined where the configuration does not have it (any more). */
  find(id: string): AgentConfig | undefined {
    return this.config.agents.get(id);
  }

  /**
   * @param id @default the agent that `config/agents.yaml` marks as default
   * @throws AgentNotFoundError
   */
  resolve(id = this.config.defaultAgent): AgentConfig {
    const agent = this.find(id);
    if (agent === undefined) throw new AgentNotFoundError(id, [...this.config.agents.keys()]);
    return agent;
  }
}
