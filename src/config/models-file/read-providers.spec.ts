import { describe, expect, it } from '@jest/globals';
import type { ConfigError } from '../config-error.js';
import { Environment } from '../environment/environment.js';
import { Faults } from '../faults/faults.js';
import { YamlFile } from '../files/yaml-file.js';
import type { ProviderConfig } from '../models-config.js';
import { readModels } from './read-models.js';

/** The provider `p` with these fields. */
function read(fields: string, env: NodeJS.ProcessEnv = {}, id = 'p'): ProviderConfig {
  const faults = new Faults();
  const source = `models: {}\nproviders:\n  ${id}:\n    ${fields.trim()}\n`;
  const file = new YamlFile('models.yaml', source, new Environment([env], '/', faults), faults);
  const provider = readModels(file, faults)?.providers.get(id);
  faults.throwIfAny();
  return provider!;
}

function faultsOf(fields: string, env: NodeJS.ProcessEnv = {}, id = 'p'): readonly string[] {
  try {
    read(fields, env, id);
    return [];
  } catch (error) {
    return (error as ConfigError).faults;
  }
}

describe('a provider', () => {
  it('has defaults for all but its address', () => {
    expect(read('base_url: http://localhost:1/v1/')).toEqual({
      id: 'p',
      name: 'p',
      baseUrl: 'http://localhost:1/v1',
      apiKey: undefined,
      unavailable: undefined,
      headers: {},
      streamUsage: true,
      unlistedModels: false,
      maxTokensField: 'max_tokens',
      connectTimeoutMs: 10_000,
      firstTokenTimeoutMs: 120_000,
      tokenTimeoutMs: 60_000,
    });
  });

  it('is read whole', () => {
    const fields = `
    name: Provider
    base_url: \${P_URL}
    api_key: \${P_KEY}
    headers: { X-Title: Agno, X-Empty: "\${NONE:-}" }
    stream_usage: \${P_USAGE}
    unlisted_models: yes
    max_tokens_field: max_completion_tokens
    connect_timeout: 1s
    first_token_timeout: 2m
    token_timeout: 3
`;
    const env = {
      P_URL: 'https://p.example/v1',
      P_KEY: 'sk: #1\n'.replace(' ', ''),
      P_USAGE: 'no',
    };
    expect(read(fields, env)).toEqual({
      id: 'p',
      name: 'Provider',
      baseUrl: 'https://p.example/v1',
      apiKey: 'sk:#1',
      unavailable: undefined,
      headers: { 'X-Title': 'Agno' },
      streamUsage: false,
      unlistedModels: true,
      maxTokensField: 'max_completion_tokens',
      connectTimeoutMs: 1000,
      firstTokenTimeoutMs: 120_000,
      tokenTimeoutMs: 3000,
    });
  });
});

describe('the headers of a provider', () => {
  it.each(['constructor', 'toString', '__proto__'])('may be called %s', (name) => {
    const { headers } = read(`base_url: http://p/v1\n    headers: { ${name}: x }`);
    expect(Object.entries(headers)).toEqual([[name, 'x']]);
  });
});

describe("the name of a provider's limit of tokens", () => {
  it.each([
    ['https://api.openai.com/v1', 'max_completion_tokens'],
    ['https://eu.api.openai.com/v1', 'max_completion_tokens'],
    ['https://api.openai.com.example/v1', 'max_tokens'],
    ['http://localhost:8000/v1', 'max_tokens'],
  ])('is at %s by default %s', (address, expected) => {
    expect(read(`base_url: ${address}`).maxTokensField).toBe(expected);
  });

  it('is what the file says, even at OpenAI', () => {
    const fields = 'base_url: https://api.openai.com/v1\n    max_tokens_field: max_tokens';
    expect(read(fields).maxTokensField).toBe('max_tokens');
  });
});

describe('a provider is unavailable', () => {
  const URL = 'base_url: http://p/v1';

  it.each([
    ['without its key', `${URL}\n    api_key: \${P_KEY}`, 'P_KEY is not set'],
    ['without its address', 'base_url: ${P_URL}', 'P_URL is not set'],
    ['with an empty address', 'base_url: ${P_URL:-}', 'P_URL is not set'],
    ['without a header', `${URL}\n    headers: { api-key: "\${P_KEY}" }`, 'P_KEY is not set'],
    [
      'without both',
      'base_url: https://${P_NAME}.example/v1\n    api_key: ${P_KEY}',
      'P_NAME and P_KEY are not set',
    ],
    ['without one that is asked for twice', 'base_url: http://${P}/${P}', 'P is not set'],
  ])('%s, and says which variable to set', (_case, fields, reason) => {
    expect(read(fields).unavailable).toBe(reason);
  });

  it('not where the key may be empty, as with local servers', () => {
    const provider = read(`${URL}\n    api_key: \${P_KEY:-}`);
    expect(provider).toMatchObject({ unavailable: undefined, apiKey: undefined });
  });

  it('not where a key is empty in the real environment and has a default', () => {
    expect(read(`${URL}\n    api_key: \${P_KEY:-none}`, { P_KEY: '' }).apiKey).toBe('none');
  });

  it('and has no address then', () => {
    expect(read('base_url: ${P_URL}').baseUrl).toBeUndefined();
  });
});

describe('a wrong provider', () => {
  const URL = 'base_url: http://p/v1';

  it.each([
    ['name: P', 'base_url: found nothing, allowed: an address that begins with http://'],
    ['base_url: p.example', 'base_url: found "p.example", allowed: an address that begins with'],
    ['base_url: ${P_URL}', 'base_url: found "x" (from P_URL), allowed: an address that begins'],
    [
      `${URL}\n    api_key: \${P_KEY}`,
      'api_key: found a value that is not shown (from P_KEY), allowed',
    ],
    [`${URL}\n    api_key: sk 1`, 'api_key: found a value that is not shown, allowed: a text of'],
    [`${URL}\n    api_key: 12345`, 'api_key: found a value that is not shown, allowed: a text of'],
    [
      `${URL}\n    headers: { A: [x] }`,
      'headers.A: found a value that is not shown, allowed: a header',
    ],
    [`${URL}\n    stream_usage: maybe`, 'stream_usage: found "maybe", allowed: true or false'],
    [`${URL}\n    token_timeout: 0`, 'token_timeout: found 0, allowed: a time such as 500ms'],
    [`${URL}\n    apikey: sk-1`, 'apikey: found an unknown key, allowed: name, base_url, api_key'],
  ])('%j is one fault', (fields, expected) => {
    const lines = faultsOf(fields, { P_URL: 'x', P_KEY: 'sk 1' });
    expect(lines).toEqual([expect.stringContaining(`models.yaml: providers.p.${expected}`)]);
    expect(lines[0]).not.toMatch(/sk.1|12345/);
  });

  it.each([
    ['http://user:pa/ssw0rd@h/v1', 'http://***@h/v1'],
    ['user:S3cretPw@h/v1', '***@h/v1'],
    ['https://h/v1?api-key=S3CRETKEY', 'https://h/v1?***'],
  ])('is one at %s, which is shown without its secret', (address, expected) => {
    expect(faultsOf('base_url: ${P_URL}', { P_URL: address })).toEqual([
      expect.stringContaining(`base_url: found "${expected}" (from P_URL), allowed: an address`),
    ]);
  });

  it.each([['a/b'], ['.p'], ['p q'], ['offline']])('is one with the id %j', (id) => {
    expect(faultsOf(URL, {}, id)).toEqual([
      expect.stringMatching(/^models\.yaml: providers\..*found .*, allowed: /),
    ]);
  });
});
