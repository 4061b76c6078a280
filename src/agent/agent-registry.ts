import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AgentsConfig, type AgentConfig } from '../config/agents-config.js';
import { Faults, notAllowed } from '../config/faults/faults.js';
import { JsonSchemas } from '../schemas/json-schemas.js';
import { AgentNotFoundError } from './agent-errors.js';

/** The agents that a caller may ask for. */
@Injectable()
export class AgentRegistry implements OnModuleInit {
  constructor(
    private readonly config: AgentsConfig,
    private readonly schemas: JsonSchemas,
  ) {}

  /** @throws ConfigError where the shape of an agent's answers is none */
  async onModuleInit(): Promise<void> {
    const faults = new Faults();
    for (const { id, output } of this.config.agents.values()) {
      const flaw = output && (await this.schemas.flawOf(output.schema));
      if (flaw === undefined) continue;
      const path = ['agents', id, 'output', 'schema'];
      faults.add('agents.yaml', path, notAllowed(`what is none (${flaw})`, 'a JSON schema'));
    }
    faults.throwIfAny();
  }

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
