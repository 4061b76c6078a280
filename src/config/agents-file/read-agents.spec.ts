import { describe, expect, it } from '@jest/globals';
import { AGENT_DEFAULTS, type AgentsConfig } from '../agents-config.js';
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
    '/agents.yaml',
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
      ...AGENT_DEFAULTS,
      id: 'guide',
      name: 'guide',
      instructions: 'Help.',
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
      ...AGENT_DEFAULTS,
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
      '{ instructions: x, tool: [] }',
      'a.tool: found an unknown key, allowed: name, description, instructions, model, fallbacks, ' +
        'allow_models, tools, mcp, limits, history, approval, output, documents, tables, ' +
        'fetch_hosts, default (did you mean "tools"?)',
    ],
    [
      '{ instructions: "It is {{time}}." }',
      'a.instructions: found {{time}}, allowed: {{date}}, {{user}} and {{metadata.KEY}}',
    ],
    [
      '{ instructions: x, fallbacks: [gpt-5] }',
      'a.fallbacks[0]: found "gpt-5", allowed: gpt-4o (did you mean "gpt-4o"?)',
    ],
    [
      '{ instructions: x, allow_models: [gpt-5] }',
      'a.allow_models[0]: found "gpt-5", allowed: gpt-4o (did you mean "gpt-4o"?)',
    ],
    [
      '{ instructions: x, allow_models: maybe }',
      'a.allow_models: found "maybe", allowed: true, false or a list of models',
    ],
    [
      '{ instructions: x, tools: [a__b] }',
      'a.tools[0]: found "a__b", allowed: a name of at most 64 letters, digits, "_" and "-", without two "_" in a row',
    ],
    [
      '{ instructions: x, tools: [add, add] }',
      'a.tools[1]: found "add" again, allowed: each tool once',
    ],
    [
      '{ instructions: x, limits: { turns: 0 } }',
      'a.limits.turns: found 0, allowed: a whole number of at least 1',
    ],
    ['{ instructions: x, limits: [] }', 'a.limits: found a list, allowed: a map of limits'],
    [
      '{ instructions: x, limits: { turn: 3 } }',
      'a.limits.turn: found an unknown key, allowed: turns, tool_calls, parallel_tool_calls, tokens, time (did you mean "turns"?)',
    ],
    [
      '{ instructions: x, history: { summary_model: gpt-5 } }',
      'a.history.summary_model: found "gpt-5", allowed: gpt-4o (did you mean "gpt-4o"?)',
    ],
    [
      '{ instructions: x, approval: { on_timeout: wait } }',
      'a.approval.on_timeout: found "wait", allowed: one of reject, approve, fail',
    ],
    [
      '{ instructions: x, output: { name: a } }',
      'a.output.schema: found nothing, allowed: a JSON schema of an object',
    ],
    [
      '{ instructions: x, documents: ./nowhere }',
      'a.documents: found "./nowhere", allowed: a folder that is there; a relative path starts from the folder of this file',
    ],
    [
      '{ instructions: x, fetch_hosts: ["https://example.org"] }',
      'a.fetch_hosts[0]: found "https://example.org", allowed: a host such as example.org, *.example.org or 127.0.0.1:9000',
    ],
    [
      '{ instructions: x, mcp: { f: {} } }',
      'a.mcp.f: found neither command nor url, allowed: one of them',
    ],
    [
      '{ instructions: x, mcp: { f: { command: c, url: "http://x" } } }',
      'a.mcp.f: found command and url, allowed: one of them',
    ],
    [
      '{ instructions: x, mcp: { f: { url: "http://x", headers: { Authorization: "ü" } } } }',
      'a.mcp.f.headers.Authorization: found a value that is not shown, allowed: a header name with a text of printable ASCII characters',
    ],
    [
      '{ instructions: "${NONE}" }',
      'a.instructions: found ${NONE} while NONE is not set, allowed: a variable that is set, or ${NONE:-default}',
    ],
  ])('%s is a fault', (entry, expected) => {
    expect(faultsOf(`agents: { a: ${entry} }`)).toEqual([`agents.yaml: agents.${expected}`]);
  });

  it('is read with all that it may have', () => {
    const source = `
agents:
  a:
    instructions: It is {{date}}.
    fallbacks: [gpt-4o]
    allow_models: [ollama/x]
    tools: [calculator, http_fetch]
    mcp:
      files: { command: npx, args: [-y, 1], env: { A: b, N: 1 }, cwd: /x, allow: ['read_*'], deny: [x], idempotent: ['*'], timeout: 3s }
      web: { url: 'https://example.org/mcp', headers: { Authorization: 'Bearer \${TOKEN}' } }
      off: { url: '\${NO_URL}', headers: { Key: '\${NO_KEY}' } }
    limits: { turns: 3, tool_calls: 0, parallel_tool_calls: 1, tokens: 1000, time: 5m }
    history: { tokens: 0, turns: 2, summary_model: gpt-4o }
    approval: { required: ['files__*'], exempt: [calculator], timeout: 1h, on_timeout: fail }
    output: { name: verdict, schema: { type: object } }
    documents: .
    tables: /
    fetch_hosts: ['*.example.org', '127.0.0.1:9000', '[::1]:80']
  b: { instructions: x, allow_models: false }
  c: { instructions: x, allow_models: yes }
`;
    const { agents } = read(source, { TOKEN: 't' });
    const server = { args: [], env: {}, headers: {}, allow: ['*'], deny: [], idempotent: [] };
    expect(agents.get('a')).toEqual({
      id: 'a',
      name: 'a',
      description: '',
      instructions: 'It is {{date}}.',
      fallbacks: ['gpt-4o'],
      models: ['ollama/x'],
      tools: ['calculator', 'http_fetch'],
      mcpServers: [
        {
          ...server,
          id: 'files',
          command: 'npx',
          args: ['-y', '1'],
          env: { A: 'b', N: '1' },
          cwd: '/x',
          allow: ['read_*'],
          deny: ['x'],
          idempotent: ['*'],
          timeoutMs: 3000,
        },
        {
          ...server,
          id: 'web',
          url: 'https://example.org/mcp',
          headers: { Authorization: 'Bearer t' },
        },
        { ...server, id: 'off', unavailable: 'NO_URL and NO_KEY are not set' },
      ],
      limits: { turns: 3, toolCalls: 0, parallelToolCalls: 1, tokens: 1000, timeMs: 300_000 },
      history: { tokens: 0, turns: 2, summaryModel: 'gpt-4o' },
      approval: {
        required: ['files__*'],
        exempt: ['calculator'],
        timeoutMs: 3_600_000,
        onTimeout: 'fail',
      },
      output: { name: 'verdict', schema: { type: 'object' } },
      documents: '/',
      tables: '/',
      fetchHosts: ['*.example.org', '127.0.0.1:9000', '[::1]:80'],
    });
    expect(agents.get('b')!.models).toEqual([]);
    expect(agents.get('c')!.models).toBeUndefined();
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
