import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { ApiNullable } from '../http/api-nullable.js';
import { ApiProblems } from '../http/api-problems.js';
import { AgentRegistry } from './agent-registry.js';

class AgentTool {
  @ApiProperty()
  name: string;

  @ApiProperty()
  description: string;
}

/** An agent, as callers see it. */
class AgentDocument {
  @ApiProperty({ description: 'What `agent` in a request names.' })
  id: string;

  @ApiProperty()
  name: string;

  @ApiProperty()
  description: string;

  @ApiProperty({ description: 'Whether it answers where a request names none.' })
  default: boolean;

  @ApiNullable({ type: 'string' }, "The model that it prefers; null for the service's default.")
  model: string | null;

  @ApiProperty({ type: [AgentTool], description: 'What it can call.' })
  tools: AgentTool[];
}

class AgentList {
  @ApiProperty({ type: [AgentDocument] })
  data: AgentDocument[];

  @ApiNullable({ type: 'string' }, 'Always null: the list is whole.')
  next_cursor: string | null;
}

@ApiTags('agents')
@Controller('api/v1/agents')
export class AgentsController {
  constructor(private readonly agents: AgentRegistry) {}

  @Get()
  @ApiOperation({ operationId: 'listAgents', summary: 'The agents that can be asked' })
  @ApiOkResponse({ type: AgentList, description: 'All agents, in the order of the configuration.' })
  @ApiProblems()
  list(): AgentList {
    const standard = this.agents.resolve();
    const data = this.agents.list().map((agent) => ({
      id: agent.id,
      name: agent.name,
      description: agent.description,
      default: agent === standard,
      model: agent.model ?? null,
      tools: [],
    }));
    return { data, next_cursor: null };
  }
}
