import type { ModelsConfig } from '../../config/models-config.js';
import { Settings } from '../../config/settings.js';
import { createLogger } from '../../logging/logger.js';
import { LocalModels } from '../local/local-models.js';
import { ModelRegistry } from '../model-registry.js';
import { offlineAssistant } from '../offline/testing/offline-assistant.js';
import { providerTransport } from '../provider-transport.js';

/** The registry of a spec. Nothing is looked for on the machine unless a spec has it probe. */
export function modelRegistry(config: ModelsConfig, local?: LocalModels): ModelRegistry {
  const settings = new Settings();
  const transport = providerTransport(config, settings);
  return new ModelRegistry(config, local ?? localModels(config), transport, offlineAssistant());
}

/** What is found of the local servers of a configuration, once it is told to look. */
export function localModels(
  config: ModelsConfig,
  { settings = new Settings(), logger = createLogger(new Settings({ logLevel: 'silent' })) } = {},
): LocalModels {
  return new LocalModels(config, settings, providerTransport(config, settings), logger);
}
