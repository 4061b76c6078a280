import { notAllowed, notOneOf, shown, type Faults } from '../faults/faults.js';
import { readEntry, type EntryPlace } from '../files/entry.js';
import type { Entries, YamlFile } from '../files/yaml-file.js';
import { OFFLINE_PROVIDER, type ModelConfig, type ProviderConfig } from '../models-config.js';
import { amount } from '../values/numbers.js';
import { text } from '../values/text.js';
import { faultFallbacks } from './fallbacks.js';
import {
  capabilities,
  continuation,
  maxTokensField,
  ModelEntry,
  name,
  names,
  priceMap,
  PricesEntry,
  timeout,
  tokens,
} from './models-file.js';
import { isToleratedUnset, readProviders } from './read-providers.js';

/** What `models.yaml` lists. */
export interface ListedModels {
  readonly providers: ReadonlyMap<string, ProviderConfig>;
  readonly models: ReadonlyMap<string, ModelConfig>;
}

/** The providers and models of `models.yaml`; undefined where it is no YAML. */
export function readModels(file: YamlFile, faults: Faults): ListedModels | undefined {
  const sections = file.sections('providers', 'models');
  if (sections === undefined) return undefined;
  file.faultUnset(isToleratedUnset);
  const list = readProviders(sections.providers, file, faults);
  const providers = new Map(list.map((provider) => [provider.id, provider]));
  const models = new Map(
    readEntries(sections.models, providers, file, faults).map((model) => [model.name, model]),
  );
  faultFallbacks(models, file, faults);
  return { providers, models };
}

function readEntries(
  entries: Entries,
  providers: ReadonlyMap<string, ProviderConfig>,
  file: YamlFile,
  faults: Faults,
): ModelConfig[] {
  return entries.map(([key, raw]) => {
    const path = ['models', key];
    if (name.parse(key) !== key) faults.add(file.place, path, notAllowed(shown(key), name.allowed));
    const [first] = key.split('/', 1);
    if (key.includes('/') && (first === OFFLINE_PROVIDER || providers.has(first!))) {
      const problem = `${shown(key)}, which reads as a model of the provider "${first}"`;
      faults.add(file.place, path, notAllowed(problem, 'another name, with this one as its model'));
    }
    const entry = readEntry(ModelEntry, raw, { path, source: file, faults });
    const provider = name.parse(entry.provider);
    if (provider !== undefined && !providers.has(provider)) {
      const found = file.show([...path, 'provider'], provider);
      const problem = notOneOf(found, provider, providers.keys());
      faults.add(file.place, [...path, 'provider'], problem);
    }
    const prices = pricesOf(entry, { path: [...path, 'prices'], source: file, faults });
    return { ...modelOf(key, entry, providers.get(provider ?? '')), prices };
  });
}

function pricesOf(entry: ModelEntry, at: EntryPlace): ModelConfig['prices'] {
  const raw = priceMap.parse(entry.prices);
  const prices = raw && readEntry(PricesEntry, raw, at);
  const input = amount.parse(prices?.input);
  const output = amount.parse(prices?.output);
  return input === undefined || output === undefined ? undefined : Object.freeze({ input, output });
}

function modelOf(key: string, entry: ModelEntry, provider?: ProviderConfig): ModelConfig {
  return {
    name: key,
    provider: provider?.id ?? '',
    model: text.parse(entry.model) ?? key,
    contextWindow: tokens.parse(entry.context_window),
    maxOutputTokens: tokens.parse(entry.max_output_tokens),
    capabilities: Object.freeze(capabilities.parse(entry.capabilities) ?? []),
    maxTokensField:
      maxTokensField.parse(entry.max_tokens_field) ?? provider?.maxTokensField ?? 'max_tokens',
    fallbacks: Object.freeze(names.parse(entry.fallbacks) ?? []),
    continuation: continuation.parse(entry.continuation) ?? 'instruct',
    firstTokenTimeoutMs:
      timeout.parse(entry.first_token_timeout) ?? provider?.firstTokenTimeoutMs ?? 0,
    tokenTimeoutMs: timeout.parse(entry.token_timeout) ?? provider?.tokenTimeoutMs ?? 0,
  };
}
