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

  /**
   * @param id @default the agent that `config/agents.yaml` marks as default
   * @throws AgentNotFoundError
   */
  resolve(id = this.config.defaultAgent): AgentConfig {
    const agent = this.config.agents.get(id);
    if (agent === undefined) throw new AgentNotFoundError(id, [...this.config.agents.keys()]);
    return agent;
  }
}
