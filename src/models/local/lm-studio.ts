import { filled, isObject, type JsonObject } from '../openai/json-values.js';
import type { Inquiry } from './inquiry.js';
import {
  capabilitiesOf,
  firstWindow,
  isNamedForEmbedding,
  presentable,
  type LocalModel,
} from './local-model.js';
import type { ModelLister } from './model-lister.js';

/** What LM Studio says that its models belong to. */
const OWNER = 'organization_owner';

/** One of its ways to list models. */
interface Api {
  readonly path: string;
  /** @returns undefined where that is not what was answered */
  readonly read: (answer: unknown) => LocalModel[] | undefined;
}

const APIS: readonly Api[] = [
  { path: '/api/v1/models', read: native },
  { path: '/api/v0/models', read: beta },
  { path: '/v1/models', read: compatible },
];

/**
 * LM Studio (https://lmstudio.ai/docs/developer/rest). It tells most at `GET /api/v1/models`, since
 * 0.4.0; less at `GET /api/v0/models`, since 0.3.6; before, only names at `GET /v1/models`. To what it
 * does not know it answers 200, with an `error`, and logs one.
 */
export class LmStudio implements ModelLister {
  /** The one that it has answered is asked first: the others would fill its log. */
  #apis = APIS;

  async list(inquiry: Inquiry): Promise<LocalModel[] | undefined> {
    const apis = this.#apis;
    // One that does not answer may be another release when it does.
    this.#apis = APIS;
    for (const api of apis) {
      const models = api.read(await inquiry.get(api.path));
      if (models === undefined) continue;
      this.#apis = [api, ...APIS.filter((other) => other !== api)];
      return presentable(models);
    }
    return undefined;
  }
}

function native(answer: unknown): LocalModel[] | undefined {
  const entries = entriesOf(answer, 'models', 'key');
  return entries
    ?.filter(({ type }) => type === 'llm')
    .map((entry) => {
      const can = isObject(entry['capabilities']) ? entry['capabilities'] : {};
      return {
        model: entry['key'] as string,
        capabilities: capabilitiesOf({
          tools: can['trained_for_tool_use'] === true,
          vision: can['vision'] === true,
          reasoning: isObject(can['reasoning']),
        }),
        ...firstWindow(loadedWindow(entry), entry['max_context_length']),
      };
    });
}

/** A model that is loaded may have been given less than it could take. */
function loadedWindow({ loaded_instances: instances }: JsonObject): unknown {
  const [first] = Array.isArray(instances) ? (instances as unknown[]) : [];
  return isObject(first) && isObject(first['config']) ? first['config']['context_length'] : 0;
}

function beta(answer: unknown): LocalModel[] | undefined {
  const entries = entriesOf(answer, 'data', 'type');
  return entries
    ?.filter(({ type }) => type === 'llm' || type === 'vlm')
    .flatMap((entry) => {
      const model = filled(entry['id']);
      if (model === undefined) return [];
      const can: unknown = entry['capabilities'];
      const capabilities = capabilitiesOf({
        tools: Array.isArray(can) && can.includes('tool_use'),
        vision: entry['type'] === 'vlm',
      });
      const window = firstWindow(entry['loaded_context_length'], entry['max_context_length']);
      return [{ model, capabilities, ...window }];
    });
}

function compatible(answer: unknown): LocalModel[] | undefined {
  const entries = entriesOf(answer, 'data', 'id');
  if (entries?.some((entry) => entry['owned_by'] === OWNER) !== true) return undefined;
  return entries
    .map((entry) => entry['id'] as string)
    .filter((model) => !isNamedForEmbedding(model))
    .map((model) => ({ model, capabilities: [] }));
}

/**
 * What a list holds.
 *
 * @param mark the field that entries of this kind have: where some entries have none, it is another list
 */
function entriesOf(answer: unknown, field: string, mark: string): JsonObject[] | undefined {
  const list = isObject(answer) ? answer[field] : undefined;
  if (!Array.isArray(list)) return undefined;
  const entries = list.filter(isObject);
  return entries.every((entry) => filled(entry[mark]) !== undefined) ? entries : undefined;
}
