import { describe, expect, it } from '@jest/globals';
import { LOCAL_PROVIDERS, type ProviderConfig } from '../models-config.js';
import { Environment } from '../environment/environment.js';
import { Faults } from '../faults/faults.js';
import { YamlFile } from '../files/yaml-file.js';
import { Settings } from '../settings.js';
import { withDefaultModel } from './default-model.js';
import { withLocalProviders } from './local-providers.js';
import { readModels, type ListedModels } from './read-models.js';

function read(source: string, settings: Partial<Settings> = {}): ListedModels {
  const faults = new Faults();
  const file = new YamlFile(
    'models.yaml',
    `${source}\nmodels: {}`,
    new Environment([{}], '/', faults),
    faults,
  );
  const listed = readModels(file, faults)!;
  faults.throwIfAny();
  return withLocalProviders(listed, new Settings(settings));
}

const providerOf = (id: string, ...from: Parameters<typeof read>): ProviderConfig | undefined =>
  read(...from).providers.get(id);

const OWN = `
providers:
  openai: { base_url: http://o/v1 }
  ollama:
    name: Ours
    base_url: \${OLLAMA_BASE_URL}
    api_key: sk-own
    token_timeout: 7s
  lmstudio: { base_url: http://studio:1234/v1 }
`;

describe('a provider on this machine', () => {
  it('needs no entry', () => {
    const { providers } = read('providers: { openai: { base_url: http://o/v1 } }');
    expect([...providers.keys()]).toEqual(['openai', ...LOCAL_PROVIDERS]);
    expect(providers.get('ollama')).toEqual({
      id: 'ollama',
      name: 'Ollama',
      baseUrl: undefined,
      apiKey: undefined,
      unavailable: 'no Ollama answers at http://127.0.0.1:11434',
      lookedForAt: ['http://127.0.0.1:11434'],
      headers: {},
      streamUsage: true,
      unlistedModels: true,
      maxTokensField: 'max_tokens',
      connectTimeoutMs: 10_000,
      firstTokenTimeoutMs: 300_000,
      tokenTimeoutMs: 60_000,
    });
  });

  it('is looked for where it listens by default', () => {
    const { providers } = read('providers: {}');
    expect(LOCAL_PROVIDERS.map((id) => providers.get(id)?.lookedForAt)).toEqual([
      ['http://127.0.0.1:11434'],
      ['http://127.0.0.1:1234'],
      ['http://127.0.0.1:8080', 'http://127.0.0.1:9931'],
    ]);
    expect(providers.get('llamacpp')?.unavailable).toBe(
      'no llama.cpp answers at http://127.0.0.1:8080 or http://127.0.0.1:9931',
    );
  });

  it('keeps what its entry says, where that has no address', () => {
    expect(providerOf('ollama', OWN)).toMatchObject({
      name: 'Ours',
      apiKey: 'sk-own',
      tokenTimeoutMs: 7000,
      unlistedModels: false,
      unavailable: 'no Ollama answers at http://127.0.0.1:11434, and OLLAMA_BASE_URL is not set',
      lookedForAt: ['http://127.0.0.1:11434'],
    });
  });

  it('is not looked for where its entry has an address', () => {
    const lmstudio = providerOf('lmstudio', OWN);
    expect(lmstudio).toMatchObject({ baseUrl: 'http://studio:1234/v1', unavailable: undefined });
    expect(lmstudio).not.toHaveProperty('lookedForAt');
  });

  it('is not looked for at the port of the service itself', () => {
    expect(providerOf('llamacpp', OWN, { port: 8080 })?.lookedForAt).toEqual([
      'http://127.0.0.1:9931',
    ]);
    expect(providerOf('ollama', OWN, { port: 11_434 })).not.toHaveProperty('lookedForAt');
  });

  it('is as the file says where nobody is to look for it', () => {
    const { providers } = read(OWN, { localProbeMs: 0 });
    expect([...providers.keys()]).toEqual(['openai', 'ollama', 'lmstudio']);
    expect(providers.get('ollama')?.unavailable).toBe('OLLAMA_BASE_URL is not set');
  });

  it('may have the model of MODEL_NAME, without a warning: it may come yet', () => {
    const warnings: string[] = [];
    const faults = new Faults();
    const { models } = withDefaultModel('llamacpp/any', read(OWN), warnings, faults);
    expect([...models]).toEqual([]);
    expect(warnings).toEqual([]);
    faults.throwIfAny();
  });
});
