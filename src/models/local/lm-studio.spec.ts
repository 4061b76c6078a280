import { afterEach, describe, expect, it } from '@jest/globals';
import { LmStudio } from './lm-studio.js';
import { lmStudioApi, type LmStudioApi, type LmStudioModel } from './testing/lm-studio-api.js';
import {
  inquiryTo,
  listenWith,
  notFound,
  ok,
  type ListingApi,
  type ListingServer,
} from './testing/listing-api.js';

let server: ListingServer;
afterEach(() => server.close());

async function listed(api: ListingApi, studio = new LmStudio()) {
  server = await listenWith(api);
  return studio.list(inquiryTo(server));
}

const MODELS: readonly LmStudioModel[] = [
  { key: 'gemma-3-270m-it-qat', loadedContext: 4096 },
  {
    key: 'google/gemma-4-e4b',
    vision: true,
    tools: true,
    reasoning: true,
    maxContext: 131_072,
  },
  { key: 'text-embedding-nomic-embed-text-v1.5', type: 'embedding', maxContext: 2048 },
];

describe('LM Studio', () => {
  it('lists what can be chatted with, and what it can', async () => {
    expect(await listed(lmStudioApi(MODELS))).toEqual([
      { model: 'gemma-3-270m-it-qat', capabilities: [], contextWindow: 4096 },
      {
        model: 'google/gemma-4-e4b',
        capabilities: ['tools', 'vision', 'reasoning'],
        contextWindow: 131_072,
      },
    ]);
    expect(server.asked).toEqual(['GET /api/v1/models']);
  });

  it('tells less before 0.4.0', async () => {
    expect(await listed(lmStudioApi(MODELS, ['/api/v0/models', '/v1/models']))).toEqual([
      { model: 'gemma-3-270m-it-qat', capabilities: [], contextWindow: 4096 },
      { model: 'google/gemma-4-e4b', capabilities: ['tools', 'vision'], contextWindow: 131_072 },
    ]);
    expect(server.asked).toEqual(['GET /api/v1/models', 'GET /api/v0/models']);
  });

  it('is asked again as it has answered before, and finds out when it has changed', async () => {
    const studio = new LmStudio();
    const paths: LmStudioApi[] = ['/api/v0/models', '/v1/models'];
    await listed(lmStudioApi(MODELS, paths), studio);
    await studio.list(inquiryTo(server));
    expect(server.asked.slice(2)).toEqual(['GET /api/v0/models']);
    paths.splice(0, 2, '/api/v1/models');
    expect(await studio.list(inquiryTo(server))).toHaveLength(2);
    expect(server.asked.slice(3)).toEqual(['GET /api/v0/models', 'GET /api/v1/models']);
  });

  it('is asked for everything again when it was away', async () => {
    const studio = new LmStudio();
    await listed(lmStudioApi(MODELS, ['/api/v0/models']), studio);
    const away = server;
    await away.close();
    await expect(studio.list(inquiryTo(away))).rejects.toThrow();
    expect(await listed(lmStudioApi(MODELS), studio)).toHaveLength(2);
    expect(server.asked).toEqual(['GET /api/v1/models']);
  });

  it('told names before 0.3.6', async () => {
    expect(await listed(lmStudioApi(MODELS, ['/v1/models']))).toEqual([
      { model: 'gemma-3-270m-it-qat', capabilities: [] },
      { model: 'google/gemma-4-e4b', capabilities: [] },
    ]);
  });

  it('may have no models', async () => {
    expect(await listed(lmStudioApi([]))).toEqual([]);
  });

  it.each([
    ['knows nothing of this', () => notFound()],
    ['answers everything with a page', () => ({ status: 200, body: '<!doctype html><p>Hello' })],
    ['answers everything with JSON', () => ok({ status: 'ok' })],
    [
      'has models in the form of OpenAI',
      ({ line }) =>
        line === 'GET /v1/models' ? ok({ data: [{ id: 'm', owned_by: 'vllm' }] }) : notFound(),
    ],
    ['has a list of another kind', () => ok({ models: [{ name: 'm' }], data: [{ name: 'm' }] })],
  ] satisfies [string, ListingApi][])('is not who %s', async (_what, api) => {
    expect(await listed(api)).toBeUndefined();
  });

  it.each([
    [{ type: 'llm', key: 'm', capabilities: 7, loaded_instances: 7, max_context_length: 'many' }],
    [{ type: 'llm', key: 'm', capabilities: null, loaded_instances: [null] }],
    [{ type: 'llm', key: 'm', loaded_instances: [{ config: null }] }],
  ])('may tell nothing that can be read of a model: %j', async (entry) => {
    expect(await listed(() => ok({ models: [entry] }))).toEqual([{ model: 'm', capabilities: [] }]);
  });
});
