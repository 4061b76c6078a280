import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { AgentEntry } from './agents-file/agents-file.js';
import { EnvironmentVariables } from './environment/environment-variables.js';
import { fieldsOf } from './files/entry.js';
import { loadConfig } from './load-config.js';
import { ModelEntry, ProviderEntry } from './models-file/models-file.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const CONFIGURATION = read('docs/configuration.md');
const MODELS = read('docs/models.md');
const MODELS_FILE = read('config/models.yaml');
const EXAMPLE = read('.env.example');
const SETTINGS = fieldsOf(EnvironmentVariables);

/** The cells of a table's rows, by the name in the first. */
function rows(markdown: string): Map<string, string[]> {
  const lines = markdown.split('\n').filter((line) => line.startsWith('| `'));
  return new Map(
    lines.map((line) => {
      const [name, ...cells] = line.split('|').slice(1, -1);
      return [name!.replaceAll('`', '').trim(), cells.map((cell) => cell.trim())];
    }),
  );
}

/** The part of a page under a heading. */
function under(heading: string, page: string): string {
  return page.split(`${heading}\n`)[1]!.split('\n#')[0]!;
}

/** The default that a row states: nothing where it is in words. */
function statedDefault([cell = '']: string[] = []): string | undefined {
  return /^`([^`]*)`$/.exec(cell)?.[1];
}

describe('docs/configuration.md', () => {
  const documented = rows(under('## Settings', CONFIGURATION));

  it('has every setting, and no other', () => {
    expect([...documented.keys()]).toEqual(SETTINGS);
  });

  it('states the defaults: a process that is given them is as one that is given nothing', () => {
    const stated = SETTINGS.map((name) => [name, statedDefault(documented.get(name))] as const);
    expect(stated.filter(([, value]) => value === undefined).map(([name]) => name)).toEqual([
      'MODEL_NAME',
      'CORS_ORIGINS',
      'CONFIG_DIR',
      'HTTPS_PROXY',
      'HTTP_PROXY',
      'NO_PROXY',
      'NODE_EXTRA_CA_CERTS',
    ]);
    const env = Object.fromEntries(stated);
    expect(loadConfig(env, { cwd: '/nowhere' })).toEqual(loadConfig({}, { cwd: '/nowhere' }));
  });

  it.each(SETTINGS)('says of %s what it means', (name) => {
    expect(documented.get(name)![2]!.length).toBeGreaterThan(20);
  });

  it('has every field of an agent', () => {
    const fields = rows(under('### agents.yaml', CONFIGURATION));
    expect([...fields.keys()]).toEqual(fieldsOf(AgentEntry));
  });
});

describe('docs/models.md', () => {
  it('has every field of a provider and of a model', () => {
    expect([...rows(under('### Of a provider', MODELS)).keys()]).toEqual(fieldsOf(ProviderEntry));
    expect([...rows(under('### Of a model', MODELS)).keys()]).toEqual(fieldsOf(ModelEntry));
  });

  it('states the defaults of providers and models', () => {
    const { providers, models } = loadConfig({}, { cwd: '/nowhere' }).models;
    const provider = rows(under('### Of a provider', MODELS));
    const model = rows(under('### Of a model', MODELS));
    const stated = (table: Map<string, string[]>, name: string) => statedDefault(table.get(name));
    const seconds = (ms = 0) => `${ms / 1000}s`;
    const groq = providers.get('groq');
    expect(stated(provider, 'connect_timeout')).toBe(seconds(groq?.connectTimeoutMs));
    expect(stated(provider, 'first_token_timeout')).toBe(seconds(groq?.firstTokenTimeoutMs));
    expect(stated(provider, 'token_timeout')).toBe(seconds(groq?.tokenTimeoutMs));
    expect(stated(provider, 'stream_usage')).toBe(String(groq?.streamUsage));
    expect(stated(provider, 'unlisted_models')).toBe(String(groq?.unlistedModels));
    expect(stated(provider, 'max_tokens_field')).toBe(groq?.maxTokensField);
    expect(stated(model, 'continuation')).toBe(models.get('gpt-4o')?.continuation);
  });
});

describe('.env.example', () => {
  const variables = parseEnv(EXAMPLE.replace(/^# (?=[A-Z_]+=)/gm, ''));
  const asked = [...MODELS_FILE.matchAll(/^[^#]*?\$\{([A-Z_]+)/gm)].map(([, name]) => name!);

  it('sets nothing until a line is uncommented', () => {
    expect(parseEnv(EXAMPLE)).toEqual({});
  });

  it('has every setting and every variable that models.yaml asks for, and no other', () => {
    expect(Object.keys(variables).sort()).toEqual([...new Set([...SETTINGS, ...asked])].sort());
  });

  it.each([...new Set(asked)])('docs/models.md says what %s is for', (name) => {
    expect(MODELS).toContain(`\`${name}\``);
  });
});
