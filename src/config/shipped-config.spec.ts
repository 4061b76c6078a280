import { describe, expect, it } from '@jest/globals';
import { loadConfig } from './load-config.js';

const NOWHERE = { cwd: '/nowhere' };
const load = (env: NodeJS.ProcessEnv) => loadConfig(env, NOWHERE);

function usableProviders(env: NodeJS.ProcessEnv): string[] {
  const { providers } = load(env).models;
  return [...providers.values()]
    .filter((one) => one.unavailable === undefined)
    .map((one) => one.id);
}

describe('the shipped configuration', () => {
  it('loads from any working directory, without a warning, and needs nothing', () => {
    expect(load({}).warnings).toEqual([]);
    expect(usableProviders({})).toEqual([]);
  });

  it('has the models of the service that it replaces, and gpt-4o-mini first', () => {
    const names = [...load({}).models.models.keys()];
    expect(names[0]).toBe('gpt-4o-mini');
    expect(names).toEqual(
      expect.arrayContaining(['gpt-4o', 'gpt-4o-mini', 'gpt-4', 'gpt-3.5-turbo', 'o3-mini']),
    );
  });

  it.each([
    ['openai', { OPENAI_API_KEY: 'k' }],
    [
      'azure',
      { AZURE_OPENAI_BASE_URL: 'https://r.openai.azure.com/openai/v1', AZURE_OPENAI_API_KEY: 'k' },
    ],
    ['anthropic', { ANTHROPIC_API_KEY: 'k' }],
    ['google', { GEMINI_API_KEY: 'k' }],
    ['groq', { GROQ_API_KEY: 'k' }],
    ['mistral', { MISTRAL_API_KEY: 'k' }],
    ['deepseek', { DEEPSEEK_API_KEY: 'k' }],
    ['openrouter', { OPENROUTER_API_KEY: 'k' }],
  ])('makes %s and a listed model of it usable by its key', (id, env) => {
    expect(usableProviders(env)).toEqual([id]);
    const models = [...load(env).models.models.values()];
    expect(models.filter((model) => model.provider === id)).not.toEqual([]);
  });

  it.each([
    ['ollama', 'OLLAMA_BASE_URL'],
    ['vllm', 'VLLM_BASE_URL'],
    ['lmstudio', 'LM_STUDIO_BASE_URL'],
    ['llamacpp', 'LLAMA_CPP_BASE_URL'],
  ])('makes any model of %s usable by its address alone', (id, variable) => {
    const env = { [variable]: 'http://localhost:1/v1' };
    expect(usableProviders(env)).toEqual([id]);
    expect(load(env).models.providers.get(id)).toMatchObject({
      baseUrl: 'http://localhost:1/v1',
      apiKey: undefined,
      unlistedModels: true,
    });
  });

  it('says what each provider wants', () => {
    const reasons = [...load({}).models.providers.values()].map((one) => one.unavailable);
    expect(reasons).toEqual([
      'OPENAI_API_KEY is not set',
      'AZURE_OPENAI_BASE_URL and AZURE_OPENAI_API_KEY are not set',
      'ANTHROPIC_API_KEY is not set',
      'GEMINI_API_KEY is not set',
      'GROQ_API_KEY is not set',
      'MISTRAL_API_KEY is not set',
      'DEEPSEEK_API_KEY is not set',
      'OPENROUTER_API_KEY is not set',
      'no Ollama answers at http://127.0.0.1:11434, and OLLAMA_BASE_URL is not set',
      'VLLM_BASE_URL is not set',
      'no LM Studio answers at http://127.0.0.1:1234, and LM_STUDIO_BASE_URL is not set',
      'no llama.cpp answers at http://127.0.0.1:8080 or http://127.0.0.1:9931, ' +
        'and LLAMA_CPP_BASE_URL is not set',
    ]);
  });

  it('reaches OpenAI where OPENAI_BASE_URL says nothing else', () => {
    expect(load({}).models.providers.get('openai')?.baseUrl).toBe('https://api.openai.com/v1');
  });

  it('sends the limit of tokens as the models of OpenAI want it, at OpenAI and on Azure', () => {
    const { providers, models } = load({ MODEL_NAME: 'o9' }).models;
    expect(providers.get('azure')?.maxTokensField).toBe('max_completion_tokens');
    for (const name of ['azure-openai', 'gpt-4o', 'o3', 'o9']) {
      expect(models.get(name)?.maxTokensField).toBe('max_completion_tokens');
    }
    const elsewhere = load({ MODEL_NAME: 'o9', OPENAI_BASE_URL: 'http://localhost:1/v1' }).models;
    expect(elsewhere.models.get('gpt-4o')?.maxTokensField).toBe('max_tokens');
    expect(elsewhere.models.get('o9')?.maxTokensField).toBe('max_tokens');
  });

  it('sends the key of Azure OpenAI as its own header, and the deployment as the model', () => {
    const { models } = load({ AZURE_OPENAI_API_KEY: 'k', AZURE_OPENAI_DEPLOYMENT: 'mine' });
    expect(models.providers.get('azure')).toMatchObject({
      apiKey: undefined,
      headers: { 'api-key': 'k' },
    });
    expect(models.models.get('azure-openai')?.model).toBe('mine');
  });

  it('has a helpful assistant that answers in Markdown, and two agents for what is kept in files', () => {
    const { agents, defaultAgent } = load({}).agents;
    expect([...agents.keys()]).toEqual(['assistant', 'librarian', 'analyst']);
    expect(agents.get('librarian')?.documents).toBeUndefined();
    expect(agents.get('analyst')?.tables).toMatch(/\/config\/tables$/);
    const elsewhere = load({ DOCUMENTS_DIR: '/', TABLES_DIR: '/tmp' }).agents.agents;
    expect(elsewhere.get('librarian')?.documents).toBe('/');
    expect(elsewhere.get('analyst')?.tables).toBe('/tmp');
    expect(defaultAgent).toBe('assistant');
    expect(agents.get('assistant')?.instructions).toMatch(/helpful.*clear and concise.*Markdown/s);
  });
});
