import { afterEach, describe, expect, it } from '@jest/globals';
import { LlamaCpp } from './llama-cpp.js';
import { llamaCppApi, llamaCppRouterApi } from './testing/llama-cpp-api.js';
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

async function listed(api: ListingApi) {
  server = await listenWith(api);
  return new LlamaCpp().list(inquiryTo(server));
}

const GEMMA = { id: 'gemma-3-4b-it-Q8_0', vision: true, tools: true, context: 4096 };

describe("llama.cpp's server", () => {
  it('lists its model, with the context that it was given', async () => {
    expect(await listed(llamaCppApi(GEMMA))).toEqual([
      { model: 'gemma-3-4b-it-Q8_0', capabilities: ['tools', 'vision'], contextWindow: 4096 },
    ]);
    expect(server.asked).toEqual(['GET /v1/models', 'GET /props']);
  });

  it('told most of it elsewhere in older releases', async () => {
    expect(await listed(llamaCppApi(GEMMA, { isOld: true }))).toEqual([
      { model: 'gemma-3-4b-it-Q8_0', capabilities: ['tools', 'vision'], contextWindow: 4096 },
    ]);
  });

  it('tells what its model was made for where it tells nothing else', async () => {
    const api = llamaCppApi({ id: '../models/Meta-Llama-3.1-8B.gguf' }, { isOld: true });
    const keyed: ListingApi = (asked) =>
      asked.line === 'GET /props' ? { status: 401, body: '{}' } : api(asked);
    expect(await listed(keyed)).toEqual([
      { model: '../models/Meta-Llama-3.1-8B.gguf', capabilities: [], contextWindow: 131_072 },
    ]);
  });

  it('is there while it loads its model', async () => {
    const loading = { id: 'm', owned_by: 'llamacpp', meta: null };
    const api: ListingApi = ({ line }) =>
      line === 'GET /v1/models' ? ok({ data: [loading] }) : { status: 503, body: '{}' };
    expect(await listed(api)).toEqual([{ model: 'm', capabilities: [] }]);
  });

  it('lists all that a router can start, and is asked about none that it would have to', async () => {
    const models = await listed(
      llamaCppRouterApi([
        { ...GEMMA, id: 'ggml-org/gemma-3-4b-it-GGUF:Q4_K_M', status: 'loaded' },
        { id: 'qwen3-8b', vision: true, tools: true },
        { id: 'on-its-way', status: 'downloading' },
        { id: 'judge', output: ['decisions'] },
        { id: 'nomic-embed-text-v1.5' },
      ]),
    );
    expect(models).toEqual([
      {
        model: 'ggml-org/gemma-3-4b-it-GGUF:Q4_K_M',
        capabilities: ['tools', 'vision'],
        contextWindow: 4096,
      },
      { model: 'qwen3-8b', capabilities: ['vision'] },
    ]);
    expect(server.asked).toEqual([
      'GET /v1/models',
      'GET /props?model=ggml-org%2Fgemma-3-4b-it-GGUF%3AQ4_K_M&autoload=false',
    ]);
  });

  it.each([
    ['knows nothing of this', () => notFound()],
    ['answers everything with a page', () => ({ status: 200, body: '<!doctype html><p>Hello' })],
    ['lists nothing', () => ok({ object: 'list', data: [] })],
    ['lists models of others', () => ok({ data: [{ id: 'm', owned_by: 'vllm' }, { id: 'n' }] })],
    ['lists no models', () => ok({ data: 'none' })],
  ] satisfies [string, ListingApi][])('is not who %s', async (_what, api) => {
    expect(await listed(api)).toBeUndefined();
    expect(server.asked).toEqual(['GET /v1/models']);
  });

  it('may tell nothing that can be read of a model', async () => {
    const entry = { id: 'm', owned_by: 'llamacpp', architecture: [], status: 0, meta: [] };
    const api: ListingApi = ({ line }) => ok(line === 'GET /props' ? [] : { data: [entry, null] });
    expect(await listed(api)).toEqual([{ model: 'm', capabilities: [] }]);
  });
});
