import { ok, type ListingApi, type Told } from './listing-api.js';

/** A model that llama.cpp's server has, with what it knows of it. */
export interface LlamaCppModel {
  readonly id: string;
  /** @default 131072 */
  readonly trainedContext?: number;
  /** What a slot was given. @default 8192 */
  readonly context?: number;
  /** @default false */
  readonly vision?: boolean;
  /** @default false */
  readonly tools?: boolean;
  /** @default text */
  readonly output?: readonly string[];
  /** What a router says of it. @default unloaded */
  readonly status?: 'unloaded' | 'loading' | 'loaded' | 'sleeping' | 'downloading';
}

/**
 * The API of a server that was started with one model.
 *
 * @param options.isOld tells neither modalities nor the context of a slot in its list @default false
 */
export function llamaCppApi(
  model: LlamaCppModel,
  { isOld = false }: { isOld?: boolean } = {},
): ListingApi {
  return ({ line }) => {
    if (line === 'GET /v1/models') {
      const { architecture, ...old } = entryOf(model, metaOf(model, isOld));
      return ok(listOf([isOld ? old : { ...old, architecture }]));
    }
    return line === 'GET /props' ? ok(propsOf(model)) : fileNotFound();
  };
}

/** The API of a router over many models. To be asked about one that is not loaded would load it. */
export function llamaCppRouterApi(models: readonly LlamaCppModel[]): ListingApi {
  return ({ line }) => {
    if (line === 'GET /v1/models') {
      return ok({ data: models.map(routedEntryOf), object: 'list' });
    }
    const loaded = models.find(
      ({ id, status }) =>
        status === 'loaded' && line === `GET /props?model=${encodeURIComponent(id)}&autoload=false`,
    );
    return loaded === undefined ? fileNotFound() : ok(propsOf(loaded));
  };
}

function listOf(data: readonly object[]): object {
  return { models: [], object: 'list', data };
}

function entryOf({ id, vision = false, output = ['text'] }: LlamaCppModel, meta: object | null) {
  return {
    id,
    aliases: [],
    tags: [],
    object: 'model',
    architecture: {
      input_modalities: vision ? ['text', 'image'] : ['text'],
      output_modalities: output,
    },
    created: 1_790_000_000,
    owned_by: 'llamacpp',
    meta,
  };
}

function routedEntryOf(model: LlamaCppModel): object {
  const { status = 'unloaded' } = model;
  const args = ['llama-server', '-ctx', '8192'];
  return {
    ...entryOf(model, status === 'loaded' ? metaOf(model) : null),
    status: { value: status, args },
  };
}

function metaOf(model: LlamaCppModel, isOld = false): object {
  const { trainedContext = 131_072, context = 8192 } = model;
  return {
    vocab_type: 2,
    n_vocab: 128_256,
    ...(!isOld && { n_ctx: context }),
    n_ctx_train: trainedContext,
    n_embd: 4096,
    n_params: 8_030_261_312,
    size: 4_912_898_304,
  };
}

function propsOf({ id, context = 8192, vision = false, tools = false }: LlamaCppModel): object {
  return {
    default_generation_settings: { params: { n_predict: -1, seed: 4_294_967_295 }, n_ctx: context },
    total_slots: 4,
    model_alias: id,
    model_path: `/models/${id}.gguf`,
    modalities: { vision, audio: false },
    endpoint_slots: true,
    endpoint_props: false,
    endpoint_metrics: false,
    chat_template: '{% for message in messages %}…{% endfor %}',
    chat_template_caps: { supports_system_role: true, supports_tools: tools },
    bos_token: '<|begin_of_text|>',
    eos_token: '<|eot_id|>',
    build_info: 'b9439-47f6423ed',
    is_sleeping: false,
  };
}

function fileNotFound(): Told {
  const error = { code: 404, message: 'File Not Found', type: 'not_found_error' };
  return { status: 404, body: JSON.stringify({ error }) };
}
