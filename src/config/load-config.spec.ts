import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from './config-error.js';
import { loadConfig } from './load-config.js';

let cwd: string;

const MODELS = `
providers:
  openai: { base_url: https://api.openai.com/v1, api_key: "\${OPENAI_API_KEY}" }
models:
  gpt-4o: { provider: openai, prices: { input: 1, output: 2 }, capabilities: [tools] }
`;
const AGENTS = 'agents: { assistant: { instructions: Help. } }';

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'config-'));
  mkdirSync(join(cwd, 'config'));
  write('models.yaml', MODELS);
  write('agents.yaml', AGENTS);
});
afterEach(() => rmSync(cwd, { recursive: true }));

const write = (name: string, content: string) => writeFileSync(join(cwd, 'config', name), content);
const load = (env: NodeJS.ProcessEnv = {}) => loadConfig({ CONFIG_DIR: 'config', ...env }, { cwd });

function faultsOf(env: NodeJS.ProcessEnv = {}): readonly string[] {
  try {
    load(env);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).faults;
  }
}

describe('the configuration', () => {
  it('is settings, models and agents, without a word where all is well', () => {
    const config = load({ OPENAI_API_KEY: 'sk-1', PORT: '1' });
    expect(config.settings.port).toBe(1);
    expect(config.models.providers.get('openai')).toMatchObject({ apiKey: 'sk-1' });
    expect([...config.models.models.keys()]).toEqual(['gpt-4o']);
    expect(config.agents.defaultAgent).toBe('assistant');
    expect(config.warnings).toEqual([]);
  });

  it('takes a key from .env, and a secret from a file', () => {
    writeFileSync(join(cwd, 'key'), 'sk-2\n');
    writeFileSync(join(cwd, '.env'), 'OPENAI_API_KEY_FILE=key\nPORT=2\n');
    const config = load();
    expect(config.settings.port).toBe(2);
    expect(config.models.providers.get('openai')?.apiKey).toBe('sk-2');
  });

  it('hands MODEL_NAME on as the default model', () => {
    expect(load({ MODEL_NAME: 'gpt-4o' }).models.defaultModel).toBe('gpt-4o');
    expect(load().models.defaultModel).toBeUndefined();
  });

  it('takes an unlisted MODEL_NAME, with a warning', () => {
    const { models, warnings } = load({ MODEL_NAME: 'gpt-9', OPENAI_API_KEY: 'sk-1' });
    expect(models.defaultModel).toBe('gpt-9');
    expect(models.models.get('gpt-9')?.provider).toBe('openai');
    expect(warnings).toEqual([expect.stringMatching(/^MODEL_NAME: "gpt-9" is not listed/)]);
  });

  it('lets an agent use an unlisted MODEL_NAME', () => {
    write('agents.yaml', 'agents: { a: { instructions: x, model: "${MODEL_NAME}" } }');
    expect(load({ MODEL_NAME: 'gpt-9' }).agents.agents.get('a')?.model).toBe('gpt-9');
  });

  it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])(
    'does not warn of the host %s',
    (host) => {
      expect(load({ HOST: host }).warnings).toEqual([]);
    },
  );

  it.each(['0.0.0.0', '::', '192.168.1.5', '127.example.com'])('warns of the host %s', (host) => {
    expect(load({ HOST: host }).warnings).toEqual([
      expect.stringMatching(/^HOST: .* can be reached from other machines, and there is no access/),
    ]);
  });

  it('cannot be changed', () => {
    const { models, agents, ...rest } = load();
    const model = models.models.get('gpt-4o')!;
    const frozen = [models, agents, ...Object.values(rest), model, model.prices];
    const nested = [model.capabilities, model.fallbacks, models.providers.get('openai')];
    for (const one of [...frozen, ...nested]) expect(Object.isFrozen(one)).toBe(true);
    expect(() => (models.models as Map<string, unknown>).set('x', {})).toThrow(TypeError);
    expect(() => (agents.agents as Map<string, unknown>).clear()).toThrow(TypeError);
  });
});

describe('a wrong configuration', () => {
  it('is refused with the faults of the environment and both files at once', () => {
    write('models.yaml', MODELS.replace('input: 1', 'input: free'));
    write('agents.yaml', AGENTS.replace('Help.', '[]'));
    expect(faultsOf({ PORT: 'abc', OPENAI_API_KEY_FILE: '/nowhere' })).toEqual([
      'environment: PORT: found "abc", allowed: a whole number from 0 to 65535',
      'environment: OPENAI_API_KEY_FILE: found a path that cannot be read (ENOENT), ' +
        'allowed: the path of a text file',
      'config/models.yaml: models.gpt-4o.prices.input: found "free", allowed: a number of at least 0',
      'config/agents.yaml: agents.assistant.instructions: found a list, allowed: a text',
    ]);
  });

  it('has the lines as its message', () => {
    expect(() => load({ PORT: 'a', MAX_ACTIVE_RUNS: 'b' })).toThrow(
      /^environment: PORT: .*\nenvironment: MAX_ACTIVE_RUNS: [^\n]*$/,
    );
  });

  it('says where the files should be', () => {
    rmSync(join(cwd, 'config'), { recursive: true });
    expect(faultsOf()).toEqual([
      'config/models.yaml: the file is missing; CONFIG_DIR names its folder',
      'config/agents.yaml: the file is missing; CONFIG_DIR names its folder',
    ]);
  });

  it('names a file outside of the working directory in full', () => {
    expect(() =>
      loadConfig({ CONFIG_DIR: join(cwd, 'none') }, { cwd: join(cwd, 'config') }),
    ).toThrow(`${join(cwd, 'none', 'models.yaml')}: the file is missing`);
  });

  it('does not blame agents for a models file that is no YAML', () => {
    write('models.yaml', 'a: b: c');
    write('agents.yaml', 'agents: { a: { instructions: x, model: gpt-4o } }');
    expect(faultsOf()).toEqual([
      'config/models.yaml:1:4: Nested mappings are not allowed in compact mappings',
    ]);
  });

  it('shows no secret, wherever it was put', () => {
    const secret = 'sk-hush';
    write(
      'models.yaml',
      `providers:
  a: { base_url: "\${A_KEY}", api_key: "x ${secret}" }
  b: { base_url: "http://user:${secret}@[b", headers: { X: "é${secret}" } }
  c: ${secret}
models:
  m: { provider: "\${A_KEY}", context_window: "\${A_KEY}", fallbacks: ["\${A_KEY}"] }
`,
    );
    const lines = faultsOf({ A_KEY: secret, PORT_FILE: secret, LOG_LEVEL: 'x' });
    expect(lines.length).toBeGreaterThan(7);
    expect(lines.filter((line) => line.includes(secret) && !line.includes('PORT_FILE'))).toEqual(
      [],
    );
  });
});
