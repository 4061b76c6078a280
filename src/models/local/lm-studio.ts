import { filled, isObject, type JsonObject } from '../openai/json-values.js';
import type { Inquiry } from './inquiry.js';
import {
  capabilitiesOf,
  firstWindow,
  isNamedForEmbedding,
  presentable,
  type LocalModel,
} from './local-model.js';
import type { LocalServer } from './local-server.js';

/** What LM Studio says that its models belong to. */
const OWNER = 'organization_owner';

/**
 * LM Studio (https://lmstudio.ai/docs/developer/rest). It tells most at `GET /api/v1/models`, since
 * 0.4.0; less at `GET /api/v0/models`, since 0.3.6; before, only names at `GET /v1/models`. To what it
 * does not know it answers 200, with an `error`.
 */
export class LmStudio implements LocalServer {
  async list(inquiry: Inquiry): Promise<LocalModel[] | undefined> {
    const models =
      native(await inquiry.get('/api/v1/models')) ??
      beta(await inquiry.get('/api/v0/models')) ??
      compatible(await inquiry.get('/v1/models'));
    return models && presentable(models);
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
