import { ok, type ListingApi } from './listing-api.js';

/** A model that LM Studio has, with what it knows of it. */
export interface LmStudioModel {
  readonly key: string;
  /** @default llm */
  readonly type?: 'llm' | 'embedding';
  /** @default false */
  readonly vision?: boolean;
  /** @default false */
  readonly tools?: boolean;
  /** @default false */
  readonly reasoning?: boolean;
  /** What it could take. @default 32768 */
  readonly maxContext?: number;
  /** What it was loaded with. @default it is not loaded */
  readonly loadedContext?: number;
}

/** The listing APIs of LM Studio, and the release that brought each. */
export type LmStudioApi = '/api/v1/models' | '/api/v0/models' | '/v1/models';

const LISTS: Readonly<Record<LmStudioApi, (models: readonly LmStudioModel[]) => unknown>> = {
  '/api/v1/models': (models) => ({ models: models.map(native) }),
  '/api/v0/models': (models) => ({ data: models.map(beta), object: 'list' }),
  '/v1/models': (models) => ({ data: models.map(compatible), object: 'list' }),
};

/** @param paths those of its APIs that this release has @default all */
export function lmStudioApi(
  models: readonly LmStudioModel[],
  paths: readonly LmStudioApi[] = ['/api/v1/models', '/api/v0/models', '/v1/models'],
): ListingApi {
  return ({ line }) => {
    const path = paths.find((one) => line === `GET ${one}`);
    // To whatever it does not know it says so, with the status of a success.
    return ok(
      path === undefined
        ? { error: `Unexpected endpoint or method. (${line})` }
        : LISTS[path](models),
    );
  };
}

function native(model: LmStudioModel): object {
  const { key, type = 'llm', vision = false, tools = false, reasoning = false } = model;
  const { maxContext = 32_768, loadedContext } = model;
  const config = { context_length: loadedContext, eval_batch_size: 512, flash_attention: true };
  return {
    type,
    publisher: 'lmstudio-community',
    key,
    display_name: key,
    ...(type === 'llm' && { architecture: 'gemma3' }),
    quantization: { name: 'Q4_0', bits_per_weight: 4 },
    size_bytes: 241_410_208,
    params_string: '270M',
    loaded_instances: loadedContext === undefined ? [] : [{ id: key, config }],
    max_context_length: maxContext,
    format: 'gguf',
    ...(type === 'llm' && {
      capabilities: {
        vision,
        trained_for_tool_use: tools,
        ...(reasoning && { reasoning: { allowed_options: ['off', 'on'], default: 'on' } }),
      },
      description: null,
    }),
  };
}

function beta(model: LmStudioModel): object {
  const { key, type = 'llm', vision = false, tools = false } = model;
  const { maxContext = 32_768, loadedContext } = model;
  return {
    id: key,
    object: 'model',
    type: type === 'embedding' ? 'embeddings' : vision ? 'vlm' : 'llm',
    publisher: 'lmstudio-community',
    arch: 'gemma3',
    compatibility_type: 'gguf',
    quantization: 'Q4_0',
    state: loadedContext === undefined ? 'not-loaded' : 'loaded',
    max_context_length: maxContext,
    ...(loadedContext !== undefined && { loaded_context_length: loadedContext }),
    ...(tools && { capabilities: ['tool_use'] }),
  };
}

function compatible({ key }: LmStudioModel): object {
  return { id: key, object: 'model', owned_by: 'organization_owner' };
}
