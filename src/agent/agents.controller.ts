import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { ApiNullable } from '../http/api-nullable.js';
import { ApiProblems } from '../http/api-problems.js';
import type { AgentConfig } from '../config/agents-config.js';
import { Toolbox } from '../tools/toolbox.js';
import { AgentRegistry } from './agent-registry.js';

class AgentTool {
  @ApiProperty()
  name: string;

  @ApiProperty()
  description: string;
}

class AgentServer {
  @ApiProperty({ description: 'What the names of its tools begin with, before two underscores.' })
  id: string;
}

class AgentLimitsDocument {
  @ApiProperty({ type: 'integer', description: 'Most turns.' })
  turns: number;

  @ApiProperty({ type: 'integer', description: 'Most tool calls.' })
  tool_calls: number;

  @ApiNullable({ type: 'integer' }, 'Most tokens of all turns together; null for no limit.')
  tokens: number | null;

  @ApiNullable({ type: 'number' }, 'Longest time in seconds; null for no limit.')
  seconds: number | null;
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

  @ApiNullable(
    { type: 'array', items: { type: 'string' } },
    'The models that a request may choose beside its own; null for any.',
  )
  models: readonly string[] | null;

  @ApiProperty({
    type: [AgentTool],
    description: 'What it can call, the tools of its MCP servers left out.',
  })
  tools: AgentTool[];

  @ApiProperty({ type: [AgentServer], description: 'The MCP servers whose tools it can call.' })
  mcp_servers: AgentServer[];

  @ApiProperty({ type: AgentLimitsDocument, description: 'How far a run of it may go.' })
  limits: AgentLimitsDocument;

  @ApiNullable(
    { type: 'object', additionalProperties: true },
    'The JSON schema of its answers, where a request asks for no other shape; null for a text.',
  )
  output_schema: Readonly<Record<string, unknown>> | null;
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
  constructor(
    private readonly agents: AgentRegistry,
    private readonly toolbox: Toolbox,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listAgents', summary: 'The agents that can be asked' })
  @ApiOkResponse({ type: AgentList, description: 'All agents, in the order of the configuration.' })
  @ApiProblems()
  list(): AgentList {
    const standard = this.agents.resolve();
    const data = this.agents.list().map((agent) => this.#document(agent, agent === standard));
    return { data, next_cursor: null };
  }

  #document(agent: AgentConfig, isDefault: boolean): AgentDocument {
    const { turns, toolCalls, tokens, timeMs } = agent.limits;
    return {
      id: agent.id,
      name: agent.name,
      description: agent.description,
      default: isDefault,
      model: agent.model ?? null,
      models: agent.models ?? null,
      // A list starts no server.
      tools: this.toolbox.listed(agent).map(({ name, description }) => ({ name, description })),
      mcp_servers: agent.mcpServers.map(({ id }) => ({ id })),
      limits: {
        turns,
        tool_calls: toolCalls,
        tokens: tokens ?? null,
        seconds: timeMs === undefined ? null : timeMs / 1000,
      },
      output_schema: agent.output?.schema ?? null,
    };
  }
}
