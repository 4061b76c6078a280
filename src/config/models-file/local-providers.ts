import { LOCAL_PROVIDERS, type LocalProvider, type ProviderConfig } from '../models-config.js';
import type { Settings } from '../settings.js';
import type { ListedModels } from './read-models.js';
import { CONNECT_TIMEOUT_MS, TOKEN_TIMEOUT_MS } from './read-providers.js';

/** A kind of model server, and where one listens that nobody has told otherwise. */
interface LocalServer {
  readonly name: string;
  readonly addresses: readonly string[];
}

const LOCAL_SERVERS: Readonly<Record<LocalProvider, LocalServer>> = {
  ollama: { name: 'Ollama', addresses: ['http://127.0.0.1:11434'] },
  lmstudio: { name: 'LM Studio', addresses: ['http://127.0.0.1:1234'] },
  // It announced in August 2026 that its port changes from the first to the second.
  llamacpp: { name: 'llama.cpp', addresses: ['http://127.0.0.1:8080', 'http://127.0.0.1:9931'] },
};

/** A model may have to be loaded before it says anything. */
const FIRST_TOKEN_TIMEOUT_MS = 300_000;

/**
 * The models with the providers that are looked for on the machine itself. One that has an address in
 * the file stays as it is; one that has none, or no entry, is looked for where it listens by default.
 */
export function withLocalProviders(listed: ListedModels, settings: Settings): ListedModels {
  if (settings.localProbeMs === 0) return listed;
  const providers = new Map(listed.providers);
  for (const id of LOCAL_PROVIDERS) {
    const entry = listed.providers.get(id);
    const { name, addresses } = LOCAL_SERVERS[id];
    // Else the service would take itself for a stranger's server, and ask itself for ever.
    const others = addresses.filter((address) => Number(new URL(address).port) !== settings.port);
    if (entry?.baseUrl !== undefined || others.length === 0) continue;
    const absent = `no ${name} answers at ${others.join(' or ')}`;
    providers.set(id, {
      ...(entry ?? providerOf(id, name)),
      unavailable: entry?.unavailable ? `${absent}, and ${entry.unavailable}` : absent,
      lookedForAt: Object.freeze(others),
    });
  }
  return { ...listed, providers };
}

function providerOf(id: string, name: string): ProviderConfig {
  return {
    id,
    name,
    baseUrl: undefined,
    apiKey: undefined,
    unavailable: undefined,
    headers: Object.freeze({}),
    streamUsage: true,
    unlistedModels: true,
    maxTokensField: 'max_tokens',
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    firstTokenTimeoutMs: FIRST_TOKEN_TIMEOUT_MS,
    tokenTimeoutMs: TOKEN_TIMEOUT_MS,
  };
}
