import type { LoadedConfig } from '../../src/config/load-config.js';
import { ModelsConfig, type ProviderConfig } from '../../src/config/models-config.js';

/**
 * The configuration with local providers that are looked for at addresses of a test. Those without
 * one are not looked for: what listens at their default ports belongs to the machine.
 */
export function lookingFor(
  addresses: Readonly<Record<string, string>>,
  config: LoadedConfig,
): LoadedConfig {
  const { providers, models, defaultModel } = config.models;
  const moved = [...providers.values()].map((one) => lookedForAt(addresses[one.id], one));
  return { ...config, models: new ModelsConfig(moved, models.values(), defaultModel) };
}

function lookedForAt(address: string | undefined, provider: ProviderConfig): ProviderConfig {
  const { lookedForAt: usual, unavailable, ...rest } = provider;
  if (usual === undefined) return provider;
  if (address === undefined) return { ...rest, unavailable };
  return {
    ...rest,
    unavailable: unavailable?.replace(usual.join(' or '), address),
    lookedForAt: [address],
  };
}
