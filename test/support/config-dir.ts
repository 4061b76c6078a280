import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamicModule } from '@nestjs/common';
import { stringify } from 'yaml';
import type { LocalProvider } from '../../src/config/models-config.js';

/** A model server on the machine of a test is not a part of it. */
export const NOTHING_LOOKED_FOR = { LOCAL_PROBE_INTERVAL: '0' };

/** What a test configures of the service. */
export interface TestConfiguration {
  /** Where the default `models.yaml` points to. Without one nothing listens there. */
  provider?: { readonly baseUrl: string };
  /** `models.yaml` instead of the default: its text, or what it holds. */
  modelsYaml?: string | object;
  /** `agents.yaml` instead of the default: its text, or what it holds. */
  agentsYaml?: string | object;
  /** Modules of the test's own, whose providers have tools. */
  modules?: NonNullable<DynamicModule['imports']>;
  /** Puts stores under the service that answer late and in batches. @default false */
  slowStores?: boolean;
  /**
   * Where local providers are looked for, by their ids, in the place of the ports that they have by
   * default; others are not. `LOCAL_PROBE_INTERVAL` says how often.
   */
  lookFor?: Readonly<Partial<Record<LocalProvider, string>>>;
  /** Environment variables; they win over the ones below. */
  env?: Readonly<Record<string, string>>;
}

/** A temporary configuration and data directory. */
export interface ConfigDir {
  /** The environment that the service is to see: nothing of the host's own. */
  env: Record<string, string>;
  configDir: string;
  dataDir: string;
  remove(): Promise<void>;
}

/** Writes the files that the service reads at its start. */
export async function writeConfigDir(configuration: TestConfiguration = {}): Promise<ConfigDir> {
  const root = await mkdtemp(join(tmpdir(), 'agno-api-test-'));
  const baseUrl = configuration.provider?.baseUrl ?? 'http://127.0.0.1:9/v1';
  await writeFile(join(root, 'models.yaml'), yaml(configuration.modelsYaml ?? modelsFor(baseUrl)));
  await writeFile(join(root, 'agents.yaml'), yaml(configuration.agentsYaml ?? DEFAULT_AGENTS));
  const dataDir = join(root, 'data');
  return {
    env: { CONFIG_DIR: root, DATA_DIR: dataDir, ...NOTHING_LOOKED_FOR, ...configuration.env },
    configDir: root,
    dataDir,
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/**
 * The default models: `test-model` and `other-model` of the scripted provider, and
 * `keyless-model`, unavailable because its provider's key is not set.
 */
export function modelsFor(baseUrl: string) {
  const model = {
    provider: 'scripted',
    context_window: 1_000_000,
    capabilities: ['tools'],
    prices: { input: 1, output: 2 },
  };
  return {
    providers: {
      scripted: {
        name: 'Scripted',
        base_url: baseUrl,
        api_key: 'test-key',
        unlisted_models: true,
        first_token_timeout: '120s',
        token_timeout: '60s',
      },
      keyless: { name: 'Keyless', base_url: baseUrl, api_key: '${KEYLESS_API_KEY}' },
    },
    models: {
      'test-model': model,
      'other-model': model,
      'keyless-model': { ...model, provider: 'keyless' },
    },
  };
}

/** The default agents: `assistant` alone. */
export const DEFAULT_AGENTS = {
  agents: {
    assistant: {
      name: 'Assistant',
      description: 'Answers questions.',
      instructions: 'You are a test assistant.',
      default: true,
    },
  },
};

function yaml(content: string | object): string {
  return typeof content === 'string' ? content : stringify(content);
}
