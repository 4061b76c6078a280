import { ENVIRONMENT } from '../environment/environment.js';
import { notAllowed, shown, type Faults } from '../faults/faults.js';
import { nearest } from '../faults/nearest.js';
import { OFFLINE_MODEL, OFFLINE_PROVIDER } from '../models-config.js';
import { namedByProvider, splitName, unlistedModel } from '../unlisted-model.js';
import type { ListedModels } from './read-models.js';

/** The provider that takes a `MODEL_NAME` which is not listed. */
const FIRST_PROVIDER = 'openai';

/**
 * Whether a name can be asked for: a listed model, a `provider/model` of a provider that allows
 * unlisted ones, or `offline/assistant`.
 */
export function isKnownModel(name: string, { providers, models }: ListedModels): boolean {
  return models.has(name) || name === OFFLINE_MODEL || !!namedByProvider(name, providers);
}

/**
 * The models with `MODEL_NAME` among them. The service that this one replaces handed the variable
 * to OpenAI as it was, so a name that is not listed is taken as one of its models, with a warning.
 * That holds for `anthropic/…` and the like too: gateways at OPENAI_BASE_URL call models so.
 */
export function withDefaultModel(
  name: string | undefined,
  listed: ListedModels,
  warnings: string[],
  faults: Faults,
): ListedModels {
  if (name === undefined) return listed;
  const models = isKnownModel(name, listed) ? listed : withUnlisted(name, listed, warnings, faults);
  const model = models.models.get(name) ?? namedByProvider(name, models.providers);
  const { unavailable, lookedForAt } = models.providers.get(model?.provider ?? '') ?? {};
  // A server that is looked for may be there by the time that it is asked.
  if (unavailable !== undefined && lookedForAt === undefined) {
    const effect = 'requests that name no model get 503 model_unavailable';
    warnings.push(`MODEL_NAME: ${shown(name)} cannot be used, ${unavailable}; ${effect}`);
  }
  return models;
}

function withUnlisted(
  name: string,
  listed: ListedModels,
  warnings: string[],
  faults: Faults,
): ListedModels {
  const allowed = allowedInstead(name, listed);
  if (allowed !== undefined) {
    faults.add(ENVIRONMENT, 'MODEL_NAME', notAllowed(shown(name), allowed));
    return listed;
  }
  warnings.push(
    `MODEL_NAME: ${shown(name)} is not listed in models.yaml; it is taken as a model of the ` +
      `provider "${FIRST_PROVIDER}" whose limits and prices are not known`,
  );
  const model = unlistedModel(name, listed.providers.get(FIRST_PROVIDER)!, name);
  return { ...listed, models: new Map([...listed.models, [name, model]]) };
}

/** What is allowed in the place of a name that cannot be that of a model; undefined where it can. */
function allowedInstead(name: string, { providers, models }: ListedModels): string | undefined {
  const [prefix, model] = splitName(name);
  if (prefix === OFFLINE_PROVIDER) return OFFLINE_MODEL;
  if (name.includes('/') && (prefix === '' || model === '')) {
    return 'a name with a text on both sides of its "/"';
  }
  if (providers.has(FIRST_PROVIDER)) return undefined;
  const meant = nearest(name, models.keys());
  return `the name of a listed model${meant === undefined ? '' : ` (did you mean "${meant}"?)`}`;
}
