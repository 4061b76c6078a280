import { isIP } from 'node:net';
import { join } from 'node:path';
import type { AgentsConfig } from './agents-config.js';
import { readAgents } from './agents-file/read-agents.js';
import { readEnvironment } from './environment/environment.js';
import { readSettings } from './environment/read-settings.js';
import { Faults } from './faults/faults.js';
import { readYamlFile } from './files/yaml-file.js';
import { ModelsConfig } from './models-config.js';
import { withDefaultModel } from './models-file/default-model.js';
import { withLocalProviders } from './models-file/local-providers.js';
import { readModels } from './models-file/read-models.js';
import type { Settings } from './settings.js';

/** The whole configuration, valid and read-only. */
export interface LoadedConfig {
  readonly settings: Settings;
  readonly models: ModelsConfig;
  readonly agents: AgentsConfig;
  /** What an operator should know, though nothing is wrong: each a line for the log. */
  readonly warnings: readonly string[];
}

/**
 * Reads the environment, `.env`, `models.yaml` and `agents.yaml`.
 *
 * @param env the environment of the process.
 * @param options.cwd where `.env` is, and what relative paths start from. @default process.cwd()
 * @throws ConfigError with every fault, each a line for the operator.
 */
export function loadConfig(env: NodeJS.ProcessEnv, options: { cwd?: string } = {}): LoadedConfig {
  const cwd = options.cwd ?? process.cwd();
  const faults = new Faults();
  const warnings: string[] = [];
  const environment = readEnvironment(env, cwd, faults);
  const settings = readSettings(environment, cwd, faults);
  if (!isLoopback(settings.host)) {
    warnings.push(
      `HOST: ${settings.host} can be reached from other machines, and there is no access ` +
        'control yet: whoever reaches it can use the providers at your cost',
    );
  }
  const pathOf = (name: string) => join(settings.configDir, name);
  const read = (name: string) => readYamlFile(pathOf(name), cwd, environment, faults);
  const modelsFile = read('models.yaml');
  const inFile = modelsFile && readModels(modelsFile, faults);
  const listed = inFile && withLocalProviders(inFile, settings);
  const models = listed && withDefaultModel(settings.modelName, listed, warnings, faults);
  const agentsFile = read('agents.yaml');
  const agents = agentsFile && readAgents(agentsFile, models, faults, pathOf('agents.yaml'));
  faults.throwIfAny();
  return Object.freeze({
    settings,
    models: new ModelsConfig(
      models!.providers.values(),
      models!.models.values(),
      settings.modelName,
    ),
    agents: agents!,
    warnings: Object.freeze(warnings),
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
