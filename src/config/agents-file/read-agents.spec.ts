import { describe, expect, it } from '@jest/globals';
import type { AgentsConfig } from '../agents-config.js';
import type { ConfigError } from '../config-error.js';
import { Environment } from '../environment/environment.js';
import { Faults } from '../faults/faults.js';
import { YamlFile } from '../files/yaml-file.js';
import { readModels } from '../models-file/read-models.js';
import { readAgents } from './read-agents.js';

const MODELS = `
providers:
  openai: { base_url: https://api.openai.com/v1 }
  ollama: { base_url: http://localhost:11434/v1, unlisted_models: true }
models:
  gpt-4o: { provider: openai }
`;

function read(source: string, env: NodeJS.ProcessEnv = {}): AgentsConfig {
  const faults = new Faults();
  const environment = new Environment([env], '/', faults);
  const models = readModels(new YamlFile('models.yaml', MODELS, environment, faults), faults);
  const agents = readAgents(
    new YamlFile('agents.yaml', source, environment, faults),
    models,
    faults,
  );
  faults.throwIfAny();
  return agents!;
}

function faultsOf(source: string): readonly string[] {
  try {
    read(source);
    return [];
  } catch (error) {
    return (error as ConfigError).faults;
  }
}

describe('an agent', () => {
  it('needs only instructions', () => {
    const { agents, defaultAgent } = read('agents: { guide: { instructions: Help. } }');
    expect(agents.get('guide')).toEqual({
      id: 'guide',
      name: 'guide',
      description: '',
      instructions: 'Help.',
      model: undefined,
    });
    expect(defaultAgent).toBe('guide');
  });

  it('is read whole, with its instructions as they are written', () => {
    const source = `
agents:
  poet:
    name: Poet
    description: Writes verse.
    instructions: |
      Write $\${verse} for \${WHO:-all}.
        Indented.
    model: gpt-4o
`;
    expect(read(source, { WHO: 'us' }).agents.get('poet')).toEqual({
      id: 'poet',
      name: 'Poet',
      description: 'Writes verse.',
      instructions: 'Write ${verse} for us.\n  Indented.',
      model: 'gpt-4o',
    });
  });

  it.each([['gpt-4o'], ['ollama/llama3.2'], ['offline/assistant']])(
    'may have the model %s',
    (model) => {
      const { agents } = read(`agents: { a: { instructions: x, model: ${model} } }`);
      expect(agents.get('a')?.model).toBe(model);
    },
  );

  it('has no model where a variable leaves it empty', () => {
    const { agents } = read('agents: { a: { instructions: x, model: "${NONE:-}" } }');
    expect(agents.get('a')?.model).toBeUndefined();
  });

  it.each([
    ['{ name: A }', 'a.instructions: found nothing, allowed: a text'],
    ['{ instructions: "" }', 'a.instructions: found nothing, allowed: a text'],
    [
      '{ instructions: x, model: gpt-4 }',
      'a.model: found "gpt-4", allowed: gpt-4o (did you mean "gpt-4o"?)',
    ],
    ['{ instructions: x, model: openai/gpt-9 }', 'a.model: found "openai/gpt-9", allowed: gpt-4o'],
    ['{ instructions: x, default: maybe }', 'a.default: found "maybe", allowed: true or false'],
    [
      '{ instructions: x, tools: [] }',
      'a.tools: found an unknown key, allowed: name, description, instructions, model, default',
    ],
    [
      '{ instructions: "${NONE}" }',
      'a.instructions: found ${NONE} while NONE is not set, allowed: a variable that is set, or ${NONE:-default}',
    ],
  ])('%s is a fault', (entry, expected) => {
    expect(faultsOf(`agents: { a: ${entry} }`)).toEqual([`agents.yaml: agents.${expected}`]);
  });

  it('is a fault with an id that no address can hold', () => {
    expect(faultsOf('agents: { "a/b": { instructions: x } }')).toEqual([
      expect.stringMatching(/^agents\.yaml: agents\.a\/b: found "a\/b", allowed: letters, digits/),
    ]);
  });
});

describe('the default agent', () => {
  const TWO = 'agents: { a: { instructions: x }, b: { instructions: x, default: true } }';

  it('is the one that says so', () => {
    expect(read(TWO).defaultAgent).toBe('b');
  });

  it('is the first where none says so', () => {
    expect(read(TWO.replace('true', 'false')).defaultAgent).toBe('a');
  });

  it('is a fault where two say so', () => {
    expect(faultsOf(TWO.replace('x }', 'x, default: true }'))).toEqual([
      'agents.yaml: agents.b.default: found a second default beside "a", allowed: one in the file',
    ]);
  });

  it('is a fault where there is no agent', () => {
    expect(faultsOf('agents: {}')).toEqual([
      'agents.yaml: agents: found no agent, allowed: a map of at least one',
    ]);
  });
});
