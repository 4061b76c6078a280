import { filled, isObject, type JsonObject } from '../openai/json-values.js';
import { inParallel } from './in-parallel.js';
import type { Inquiry } from './inquiry.js';
import {
  capabilitiesOf,
  firstWindow,
  isNamedForEmbedding,
  presentable,
  type LocalModel,
} from './local-model.js';
import type { ModelLister } from './model-lister.js';

/** How many models are asked about at once. */
const ASKED_AT_ONCE = 4;

/** What llama.cpp's server says that its models belong to. Much else lists models in this form. */
const OWNER = 'llamacpp';

/**
 * The server of llama.cpp (https://github.com/ggml-org/llama.cpp, `tools/server/README.md`).
 * `GET /v1/models` lists the model that it was started with; a router lists all that it can start, each
 * with a `status`. `GET /props` tells the rest of a model that is loaded.
 */
export class LlamaCpp implements ModelLister {
  async list(inquiry: Inquiry): Promise<LocalModel[] | undefined> {
    const answer = await inquiry.get('/v1/models');
    const data = isObject(answer) && Array.isArray(answer['data']) ? answer['data'] : [];
    const entries = data.filter(isObject).filter((entry) => entry['owned_by'] === OWNER);
    if (entries.length === 0) return undefined;
    const chatting = entries.filter(canChat);
    return presentable(
      await inParallel(chatting, ASKED_AT_ONCE, async (entry) =>
        described(entry, await properties(entry, inquiry)),
      ),
    );
  }
}

/** Without an `architecture`, as older servers are, the name tells what it can. */
function canChat(entry: JsonObject): boolean {
  const model = filled(entry['id']);
  if (model === undefined || isNamedForEmbedding(model)) return false;
  if (isObject(entry['status']) && entry['status']['value'] === 'downloading') return false;
  const output = modalities(entry, 'output_modalities');
  return output.length === 0 || output.includes('text');
}

/** What `/props` says of a model; a router is asked about none that it would have to load for it. */
async function properties(entry: JsonObject, inquiry: Inquiry): Promise<JsonObject> {
  const isRouted = isObject(entry['status']);
  if (isRouted && (entry['status'] as JsonObject)['value'] !== 'loaded') return {};
  const query = isRouted
    ? `?model=${encodeURIComponent(entry['id'] as string)}&autoload=false`
    : '';
  try {
    const answer = await inquiry.get(`/props${query}`);
    return isObject(answer) ? answer : {};
  } catch {
    // The list was answered, so the server is there.
    return {};
  }
}

function described(entry: JsonObject, props: JsonObject): LocalModel {
  const template = objectIn(props, 'chat_template_caps');
  const meta = objectIn(entry, 'meta');
  return {
    model: entry['id'] as string,
    capabilities: capabilitiesOf({
      tools: template['supports_tools'] === true,
      vision:
        objectIn(props, 'modalities')['vision'] === true ||
        modalities(entry, 'input_modalities').includes('image'),
    }),
    // Most of what the model was made for may be cut off by `--ctx-size`, and shared by its slots.
    ...firstWindow(
      meta['n_ctx'],
      objectIn(props, 'default_generation_settings')['n_ctx'],
      meta['n_ctx_train'],
    ),
  };
}

function modalities(entry: JsonObject, field: string): readonly unknown[] {
  const value = objectIn(entry, 'architecture')[field];
  return Array.isArray(value) ? value : [];
}

function objectIn(from: JsonObject, field: string): JsonObject {
  const value = from[field];
  return isObject(value) ? value : {};
}
