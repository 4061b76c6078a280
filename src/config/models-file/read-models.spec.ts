import { describe, expect, it } from '@jest/globals';
import type { ConfigError } from '../config-error.js';
import { Environment } from '../environment/environment.js';
import { Faults } from '../faults/faults.js';
import { YamlFile } from '../files/yaml-file.js';
import { readModels, type ListedModels } from './read-models.js';

const PROVIDERS = `
providers:
  openai: { base_url: https://api.openai.com/v1, api_key: sk-1 }
  groq: { base_url: https://api.groq.com/openai/v1, token_timeout: 5s, first_token_timeout: 1m }
`;

function read(source: string, env: NodeJS.ProcessEnv = {}): ListedModels {
  const faults = new Faults();
  const environment = new Environment([env], '/', faults);
  const models = readModels(new YamlFile('models.yaml', source, environment, faults), faults);
  faults.throwIfAny();
  return models!;
}

function faultsOf(source: string, env: NodeJS.ProcessEnv = {}): readonly string[] {
  try {
    read(source, env);
    return [];
  } catch (error) {
    return (error as ConfigError).faults;
  }
}

describe('a model', () => {
  it('inherits max_tokens_field from its provider, unless it says another', () => {
    const { models } = read(`
providers: { p: { base_url: http://p/v1, max_tokens_field: max_completion_tokens } }
models:
  a: { provider: p }
  b: { provider: p, max_tokens_field: max_tokens }
`);
    expect(models.get('a')?.maxTokensField).toBe('max_completion_tokens');
    expect(models.get('b')?.maxTokensField).toBe('max_tokens');
  });

  it('has defaults for all but its provider, and the time-outs of that', () => {
    const { models } = read(`${PROVIDERS}\nmodels: { a: { provider: groq } }`);
    expect(models.get('a')).toEqual({
      name: 'a',
      provider: 'groq',
      model: 'a',
      contextWindow: undefined,
      maxOutputTokens: undefined,
      prices: undefined,
      capabilities: [],
      maxTokensField: 'max_tokens',
      fallbacks: [],
      continuation: 'instruct',
      firstTokenTimeoutMs: 60_000,
      tokenTimeoutMs: 5000,
    });
  });

  it('is read whole', () => {
    const source = `${PROVIDERS}
models:
  a:
    provider: openai
    model: org/a model.gguf
    context_window: 128_000
    max_output_tokens: 4096
    prices: { input: 0.15, output: 0 }
    capabilities: [tools, vision, reasoning, json_schema]
    max_tokens_field: max_completion_tokens
    fallbacks: [b]
    continuation: prefix
    first_token_timeout: 90
    token_timeout: 500ms
  b: { provider: groq }
`;
    expect(read(source).models.get('a')).toEqual({
      name: 'a',
      provider: 'openai',
      model: 'org/a model.gguf',
      contextWindow: 128_000,
      maxOutputTokens: 4096,
      prices: { input: 0.15, output: 0 },
      capabilities: ['tools', 'vision', 'reasoning', 'json_schema'],
      maxTokensField: 'max_completion_tokens',
      fallbacks: ['b'],
      continuation: 'prefix',
      firstTokenTimeoutMs: 90_000,
      tokenTimeoutMs: 500,
    });
  });

  it('takes numbers, times and lists from the environment', () => {
    const source = `${PROVIDERS}
models:
  a:
    provider: \${PROVIDER:-groq}
    context_window: \${WINDOW}
    max_output_tokens: \${NONE:-}
    prices: { input: "\${PRICE:-1.5}", output: 2 }
    fallbacks: ["\${FALLBACK:-}"]
    token_timeout: \${TIMEOUT}
`;
    expect(read(source, { WINDOW: '1000', TIMEOUT: '3s' }).models.get('a')).toMatchObject({
      provider: 'groq',
      contextWindow: 1000,
      maxOutputTokens: undefined,
      prices: { input: 1.5, output: 2 },
      fallbacks: [],
      tokenTimeoutMs: 3000,
    });
  });

  it('keeps the order of the file, with names that look like numbers', () => {
    const source = `${PROVIDERS}\nmodels: { z: { provider: groq }, 4.10: { provider: groq }, a: { provider: groq } }`;
    expect([...read(source).models.keys()]).toEqual(['z', '4.10', 'a']);
  });

  it('may have a / in its name, where that is no provider', () => {
    const source = `${PROVIDERS}\nmodels: { meta/llama: { provider: groq } }`;
    expect(read(source).models.get('meta/llama')?.model).toBe('meta/llama');
  });

  it.each([
    [
      '{ provider: groq, context_window: many }',
      'context_window: found "many", allowed: a whole number of at least 1',
    ],
    [
      '{ provider: groq, max_output_tokens: 1.5 }',
      'max_output_tokens: found 1.5, allowed: a whole number of at least 1',
    ],
    ['{ model: x }', 'provider: found nothing, allowed: a name without white space'],
    ['{ provider: gorq }', 'provider: found "gorq", allowed: openai, groq (did you mean "groq"?)'],
    [
      '{ provider: groq, prices: { input: 1 } }',
      'prices.output: found nothing, allowed: a number of at least 0',
    ],
    [
      '{ provider: groq, prices: cheap }',
      'prices: found "cheap", allowed: a map with the keys input, output',
    ],
    [
      '{ provider: groq, prices: [1, 2] }',
      'prices: found a list, allowed: a map with the keys input, output',
    ],
    [
      '{ provider: groq, capabilities: [tools, sight] }',
      'capabilities[1]: found "sight", allowed: one of tools, vision, reasoning, json_schema',
    ],
    [
      '{ provider: groq, capabilities: tools }',
      'capabilities: found "tools", allowed: a list, each item one of tools, vision, reasoning, json_schema',
    ],
    [
      '{ provider: groq, max_tokens_field: max }',
      'max_tokens_field: found "max", allowed: one of max_tokens, max_completion_tokens',
    ],
    [
      '{ provider: groq, continuation: resume }',
      'continuation: found "resume", allowed: one of instruct, prefix, none',
    ],
    ['{ provider: groq, model: 4 }', 'model: found 4, allowed: a text'],
    [
      '{ provider: groq, model: "${NONE}" }',
      'model: found ${NONE} while NONE is not set, allowed: a variable that is set, or ${NONE:-default}',
    ],
    ['{ provider: groq, fallbacks: [a] }', 'fallbacks[0]: found "a", allowed: b'],
    ['{ provider: groq, fallbacks: [c] }', 'fallbacks[0]: found "c", allowed: b'],
    [
      '{ provider: groq, fallbacks: [offline/assistant] }',
      'fallbacks[0]: found "offline/assistant", allowed: b',
    ],
    [
      '{ provider: groq, fallbacks: [b, b] }',
      'fallbacks[1]: found "b" again, allowed: each fallback once',
    ],
  ])('%s is a fault', (entry, expected) => {
    const source = `${PROVIDERS}\nmodels:\n  a: ${entry}\n  b: { provider: groq }`;
    expect(faultsOf(source)).toEqual([`models.yaml: models.a.${expected}`]);
  });

  it('is a fault with an unknown key, which names those that are known', () => {
    const source = `${PROVIDERS}\nmodels: { a: { provider: groq, contxt_window: 5 } }`;
    expect(faultsOf(source)).toEqual([
      'models.yaml: models.a.contxt_window: found an unknown key, allowed: provider, model, ' +
        'context_window, max_output_tokens, prices, capabilities, max_tokens_field, fallbacks, ' +
        'continuation, first_token_timeout, token_timeout (did you mean "context_window"?)',
    ]);
  });

  it.each(['toString', 'constructor', '__proto__', 'hasOwnProperty', 'valueOf'])(
    'is a fault with the unknown key %s, as with any other',
    (key) => {
      const source = `${PROVIDERS}
models:
  a: { provider: groq, ${key}: x }
  b: { provider: groq, ${key}: { y: z } }
  c: { provider: groq, prices: { input: 1, output: 2, ${key}: 3 } }
`;
      expect(faultsOf(source)).toEqual([
        expect.stringContaining(`models.a.${key}: found an unknown key, allowed: provider, `),
        expect.stringContaining(`models.b.${key}: found an unknown key, allowed: provider, `),
        expect.stringContaining(`models.c.prices.${key}: found an unknown key, allowed: input, `),
      ]);
    },
  );

  it('is a fault where its name reads as a model of a provider', () => {
    const source = `${PROVIDERS}\nmodels: { groq/a: { provider: groq }, offline/b: { provider: groq } }`;
    expect(faultsOf(source)).toEqual([
      expect.stringMatching(/^models\.yaml: models\.groq\/a: found "groq\/a", which reads as a/),
      expect.stringMatching(/^models\.yaml: models\.offline\/b: found "offline\/b", which reads/),
    ]);
  });

  it('may be the fallback of its own fallback, but not of itself', () => {
    const source = `${PROVIDERS}
models:
  a: { provider: groq, fallbacks: [b] }
  b: { provider: groq, fallbacks: [a] }
`;
    expect(faultsOf(source)).toEqual([]);
    expect(faultsOf(source.replace('[b]', '[a]'))).toHaveLength(1);
  });

  it('does not hide the faults of others', () => {
    const source = `${PROVIDERS}\nmodels: { a: { provider: x, context_window: x }, b: { provider: 1 } }`;
    expect(faultsOf(source)).toHaveLength(3);
  });
});
