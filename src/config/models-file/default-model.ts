import { ENVIRONMENT } from '../environment/environment.js';
import { notAllowed, shown, type Faults } from '../faults/faults.js';
import { nearest } from '../faults/nearest.js';
import { OFFLINE_MODEL, type ModelConfig } from '../models-config.js';
import type { ListedModels } from './read-models.js';

/** The provider that takes a `MODEL_NAME` which is not listed. */
const FIRST_PROVIDER = 'openai';
/** The one server of which it is known that all its models take `max_completion_tokens`. */
const OPENAI_HOST = 'api.openai.com';

/**
 * Whether a name can be asked for: a listed model, a `provider/model` of a provider that allows
 * unlisted ones, or `offline/assistant`.
 */
export function isKnownModel(name: string, { providers, models }: ListedModels): boolean {
  if (models.has(name) || name === OFFLINE_MODEL) return true;
  const [provider, model] = split(name);
  return model !== '' && providers.get(provider)?.unlistedModels === true;
}

/**
 * The models with `MODEL_NAME` among them. The service that this one replaces handed the variable
 * to OpenAI as it was, so a name that is not listed is taken as one of its models, with a warning.
 */
export function withDefaultModel(
  name: string | undefined,
  listed: ListedModels,
  warnings: string[],
  faults: Faults,
): ListedModels {
  if (name === undefined || isKnownModel(name, listed)) return listed;
  const [prefix, rest] = split(name);
  const provider = listed.providers.get(FIRST_PROVIDER);
  if (rest !== '' && listed.providers.has(prefix)) {
    const allowed = `a listed model, or unlisted_models: true at providers.${prefix}`;
    faults.add(ENVIRONMENT, 'MODEL_NAME', notAllowed(shown(name), allowed));
    return listed;
  }
  if (provider === undefined) {
    const meant = nearest(name, listed.models.keys());
    const hint = meant === undefined ? '' : ` (did you mean "${meant}"?)`;
    const allowed = `the name of a listed model${hint}`;
    faults.add(ENVIRONMENT, 'MODEL_NAME', notAllowed(shown(name), allowed));
    return listed;
  }
  warnings.push(
    `MODEL_NAME: ${shown(name)} is not listed in models.yaml; it is taken as a model of the ` +
      `provider "${FIRST_PROVIDER}" whose limits and prices are not known`,
  );
  const isOpenAi = new URL(provider.baseUrl ?? 'http://none').hostname === OPENAI_HOST;
  const model: ModelConfig = {
    name,
    provider: provider.id,
    model: name,
    capabilities: Object.freeze([]),
    maxTokensField: isOpenAi ? 'max_completion_tokens' : 'max_tokens',
    fallbacks: Object.freeze([]),
    continuation: 'instruct',
    firstTokenTimeoutMs: provider.firstTokenTimeoutMs,
    tokenTimeoutMs: provider.tokenTimeoutMs,
  };
  return { ...listed, models: new Map([...listed.models, [name, model]]) };
}

function split(name: string): [provider: string, model: string] {
  const slash = name.indexOf('/');
  return slash < 0 ? ['', ''] : [name.slice(0, slash), name.slice(slash + 1)];
}
