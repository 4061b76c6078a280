import {
  OFFLINE_MODEL,
  OFFLINE_PROVIDER,
  type ModelConfig,
  type ProviderConfig,
} from '../config/models-config.js';

/**
 * Longest silence of the assistant, in milliseconds: it is in the process, and silent only where it was
 * told to be. Long enough for a heartbeat to be seen, short enough to be waited for.
 */
const SILENCE_LIMIT = 20_000;

/** The assistant that is always there, as a provider like any other. */
export const offlineProvider: ProviderConfig = Object.freeze({
  id: OFFLINE_PROVIDER,
  name: 'The offline assistant',
  // Reserved (RFC 2606): were it ever asked over the network, it would lead nowhere.
  baseUrl: 'http://offline.invalid/v1',
  apiKey: undefined,
  unavailable: undefined,
  headers: {},
  streamUsage: true,
  unlistedModels: false,
  connectTimeoutMs: SILENCE_LIMIT,
  firstTokenTimeoutMs: SILENCE_LIMIT,
  tokenTimeoutMs: SILENCE_LIMIT,
});

export const offlineModel = Object.freeze<ModelConfig>({
  name: OFFLINE_MODEL,
  provider: OFFLINE_PROVIDER,
  model: 'assistant',
  capabilities: ['tools', 'json_schema'],
  maxTokensField: 'max_tokens',
  fallbacks: [],
  // It says the rest of its own partial answer.
  continuation: 'prefix',
  firstTokenTimeoutMs: SILENCE_LIMIT,
  tokenTimeoutMs: SILENCE_LIMIT,
});
