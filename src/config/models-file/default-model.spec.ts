import { describe, expect, it } from '@jest/globals';
import type { ConfigError } from '../config-error.js';
import { Environment } from '../environment/environment.js';
import { Faults } from '../faults/faults.js';
import { YamlFile } from '../files/yaml-file.js';
import { withDefaultModel } from './default-model.js';
import { readModels, type ListedModels } from './read-models.js';

const SOURCE = `
providers:
  openai: { base_url: "\${URL:-https://api.openai.com/v1}", token_timeout: 5s }
  groq: { base_url: http://groq/v1 }
  keyless: { base_url: http://keyless/v1, api_key: "\${NONE}", unlisted_models: true }
  ollama: { base_url: http://localhost:11434/v1, unlisted_models: true }
models:
  gpt-4o: { provider: openai }
  k: { provider: keyless }
`;

function resolve(name: string | undefined, source = SOURCE, env: NodeJS.ProcessEnv = {}) {
  const faults = new Faults();
  const warnings: string[] = [];
  const environment = new Environment([env], '/', faults);
  const file = new YamlFile('models.yaml', source, environment, faults);
  const listed: ListedModels = readModels(file, faults)!;
  const { models } = withDefaultModel(name, listed, warnings, faults);
  faults.throwIfAny();
  return { models, warnings, added: [...models.keys()].filter((key) => !listed.models.has(key)) };
}

function faultsOf(name: string, source = SOURCE): readonly string[] {
  try {
    resolve(name, source);
    return [];
  } catch (error) {
    return (error as ConfigError).faults;
  }
}

describe('MODEL_NAME', () => {
  it.each([[undefined], ['gpt-4o'], ['offline/assistant'], ['ollama/llama3.2'], ['ollama/a/b:c']])(
    '%j needs neither a warning nor an entry',
    (name) => {
      expect(resolve(name)).toMatchObject({ warnings: [], added: [] });
    },
  );

  it('that is not listed becomes a model of the provider openai, with a warning', () => {
    const { models, warnings } = resolve('gpt-9');
    expect(models.get('gpt-9')).toEqual({
      name: 'gpt-9',
      provider: 'openai',
      model: 'gpt-9',
      capabilities: [],
      maxTokensField: 'max_completion_tokens',
      fallbacks: [],
      continuation: 'instruct',
      firstTokenTimeoutMs: 120_000,
      tokenTimeoutMs: 5000,
    });
    expect([...models.keys()]).toEqual(['gpt-4o', 'k', 'gpt-9']);
    expect(warnings).toEqual([
      'MODEL_NAME: "gpt-9" is not listed in models.yaml; it is taken as a model of the provider ' +
        '"openai" whose limits and prices are not known',
    ]);
  });

  it('takes max_tokens where the provider is another server', () => {
    const { models } = resolve('meta-llama/llama-3', SOURCE, { URL: 'http://localhost:1/v1' });
    expect(models.get('meta-llama/llama-3')?.maxTokensField).toBe('max_tokens');
  });

  it('takes what the provider says where it says it', () => {
    const source = SOURCE.replace('token_timeout', 'max_tokens_field: max_tokens, token_timeout');
    expect(resolve('gpt-9', source).models.get('gpt-9')?.maxTokensField).toBe('max_tokens');
  });

  it.each([['groq/llama'], ['anthropic/claude'], ['openai/gpt-oss-120b']])(
    '%j is a name at the provider openai, as gateways have them',
    (name) => {
      const { models, warnings } = resolve(name);
      expect(models.get(name)).toMatchObject({ provider: 'openai', model: name });
      expect(warnings).toEqual([expect.stringContaining(`"${name}" is not listed`)]);
    },
  );

  it.each([['k'], ['keyless/llama']])('%j gets a warning, as its provider has no key', (name) => {
    expect(resolve(name).warnings).toEqual([
      `MODEL_NAME: "${name}" cannot be used, NONE is not set; ` +
        'requests that name no model get 503 model_unavailable',
    ]);
  });

  it.each([['offline/other'], ['offline/']])('%j is a fault', (name) => {
    expect(faultsOf(name)).toEqual([
      `environment: MODEL_NAME: found "${name}", allowed: offline/assistant`,
    ]);
  });

  it.each([['ollama/'], ['/llama3.2'], ['gpt-4o/'], ['/']])('%j is a fault', (name) => {
    expect(faultsOf(name)).toEqual([
      `environment: MODEL_NAME: found "${name}", allowed: a name with a text on both sides of its "/"`,
    ]);
  });

  it('that is not listed is a fault where there is no provider openai', () => {
    const source = SOURCE.replaceAll('openai:', 'other:').replace('r: openai', 'r: other');
    expect(faultsOf('gpt-4', source)).toEqual([
      'environment: MODEL_NAME: found "gpt-4", allowed: the name of a listed model ' +
        '(did you mean "gpt-4o"?)',
    ]);
  });
});
