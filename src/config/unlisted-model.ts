import type { ModelConfig, ProviderConfig } from './models-config.js';

/**
 * A model that no file lists: what is known of it is what its provider says of all its models.
 *
 * @param name what a caller asks for
 * @param model the provider's own name for it
 */
export function unlistedModel(name: string, provider: ProviderConfig, model: string): ModelConfig {
  return {
    name,
    provider: provider.id,
    model,
    capabilities: Object.freeze([]),
    maxTokensField: provider.maxTokensField ?? 'max_tokens',
    fallbacks: Object.freeze([]),
    continuation: 'instruct',
    firstTokenTimeoutMs: provider.firstTokenTimeoutMs,
    tokenTimeoutMs: provider.tokenTimeoutMs,
  };
}

/** The parts of `provider/model`, whose model may have further slashes; both empty without one. */
export function splitName(name: string): [provider: string, model: string] {
  const slash = name.indexOf('/');
  return slash < 0 ? ['', ''] : [name.slice(0, slash), name.slice(slash + 1)];
}

/** The model that `provider/model` names, where the provider allows callers to name any. */
export function namedByProvider(
  name: string,
  providers: ReadonlyMap<string, ProviderConfig>,
): ModelConfig | undefined {
  const [id, model] = splitName(name);
  const provider = providers.get(id);
  return provider?.unlistedModels && model !== ''
    ? unlistedModel(name, provider, model)
    : undefined;
}
