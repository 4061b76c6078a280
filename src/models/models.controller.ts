import { Controller, Get } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { ApiNullable } from '../http/api-nullable.js';
import { ApiProblems } from '../http/api-problems.js';
import type { CircuitState } from './circuit/provider-circuit.js';
import { ModelRegistry, type ModelListing } from './model-registry.js';

class ModelPrices {
  @ApiProperty({ description: 'US dollars for a million input tokens.' })
  input: number;

  @ApiProperty({ description: 'US dollars for a million output tokens.' })
  output: number;
}

/** A model, as callers see it. */
class ModelDocument {
  @ApiProperty({ description: 'What `model` in a request names.', example: 'gpt-4o-mini' })
  id: string;

  @ApiProperty({ description: 'The id of its provider.', example: 'openai' })
  provider: string;

  @ApiProperty({ description: 'Whether it can be asked now.' })
  available: boolean;

  @ApiNullable({ type: 'string' }, 'Why not; null where it is available.')
  unavailable_reason: string | null;

  @ApiProperty({
    description:
      'Whether its provider is asked at present: `closed`, it is; `open`, it has failed so often ' +
      'that it is not; `half_open`, one call is on trial.',
    enum: ['closed', 'open', 'half_open'],
  })
  circuit: CircuitState;

  @ApiProperty({ description: 'Whether it answers where neither request nor agent names one.' })
  default: boolean;

  @ApiProperty({ type: [String], example: ['tools', 'vision'] })
  capabilities: string[];

  @ApiNullable({ type: 'integer' }, 'Tokens; null where it is not known.')
  context_window: number | null;

  @ApiNullable({ type: 'integer' }, 'Tokens; null where it is not known.')
  max_output_tokens: number | null;

  @ApiNullable({ $ref: '#/components/schemas/ModelPrices' }, 'Null where they are not known.')
  prices: ModelPrices | null;
}

class ModelList {
  @ApiProperty({ type: [ModelDocument] })
  data: ModelDocument[];

  @ApiNullable({ type: 'string' }, 'Always null: the list is whole.')
  next_cursor: string | null;
}

@ApiTags('models')
@ApiExtraModels(ModelPrices)
@Controller('api/v1/models')
export class ModelsController {
  constructor(private readonly models: ModelRegistry) {}

  @Get()
  @ApiOperation({
    operationId: 'listModels',
    summary: 'The models that can be asked for, and why some cannot be asked now',
  })
  @ApiOkResponse({
    type: ModelList,
    description: 'All models: in the order of the configuration, then those found on this machine.',
  })
  @ApiProblems()
  list(): ModelList {
    return { data: this.models.list().map(toDocument), next_cursor: null };
  }
}

function toDocument(model: ModelListing): ModelDocument {
  return {
    id: model.id,
    provider: model.provider,
    available: model.available,
    unavailable_reason: model.reason ?? null,
    circuit: model.circuit,
    default: model.default,
    capabilities: [...model.capabilities],
    context_window: model.contextWindow ?? null,
    max_output_tokens: model.maxOutputTokens ?? null,
    prices: model.prices === undefined ? null : { ...model.prices },
  };
}
