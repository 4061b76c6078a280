import { afterEach, describe, expect, it } from '@jest/globals';
import { LOCAL_PROVIDERS, ModelsConfig, type ProviderConfig } from '../../config/models-config.js';
import { Settings } from '../../config/settings.js';
import { providerConfig } from '../openai/testing/answers.js';
import { localModels } from '../testing/model-registry.js';
import type { LocalModels } from './local-models.js';
import { llamaCppApi } from './testing/llama-cpp-api.js';
import { listenWith, type ListingApi, type ListingServer } from './testing/listing-api.js';
import { lmStudioApi } from './testing/lm-studio-api.js';
import { ollamaApi } from './testing/ollama-api.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(api: ListingApi): Promise<ListingServer> {
  const server = await listenWith(api);
  cleanups.push(() => server.close());
  return server;
}

const lookedFor = (id: string, address: string): ProviderConfig =>
  providerConfig({
    id,
    baseUrl: undefined,
    unavailable: 'not there',
    lookedForAt: [address],
    unlistedModels: true,
  });

function local(providers: ProviderConfig[], localProbeMs = 3_600_000): LocalModels {
  const models = localModels(new ModelsConfig(providers, []), {
    settings: new Settings({ localProbeMs }),
  });
  cleanups.push(() => models.onModuleDestroy());
  return models;
}

describe('LocalModels', () => {
  it('has the models of every server that is there once the application begins', async () => {
    const apis = {
      llamacpp: llamaCppApi({ id: 'c' }),
      lmstudio: lmStudioApi([{ key: 'b' }]),
      ollama: ollamaApi([{ name: 'a:1b' }]),
    };
    const providers: ProviderConfig[] = [];
    for (const [id, api] of Object.entries(apis)) {
      providers.push(lookedFor(id, (await serve(api)).url));
    }
    const models = local(providers);
    expect(models.names()).toEqual([]);
    await models.onModuleInit();
    expect(models.names()).toEqual(['ollama/a:1b', 'lmstudio/b', 'llamacpp/c']);
  });

  it('begins without those that do not answer', async () => {
    const silent = await serve(() => undefined);
    const models = local([
      lookedFor('ollama', 'http://127.0.0.1:9'),
      lookedFor('lmstudio', silent.url),
    ]);
    await models.onModuleInit();
    expect(models.names()).toEqual([]);
  });

  it('says of a provider what it is at present', async () => {
    const { url } = await serve(ollamaApi([]));
    const ollama = lookedFor('ollama', url);
    const absent = lookedFor('lmstudio', 'http://127.0.0.1:9');
    const other = providerConfig({ id: 'openai' });
    const models = local([ollama, absent, other]);
    expect(models.current(ollama)).toBe(ollama);
    await models.onModuleInit();
    expect(models.current(ollama)).toEqual({
      ...ollama,
      baseUrl: `${url}/v1`,
      unavailable: undefined,
    });
    expect(models.current(absent)).toBe(absent);
    expect(models.current(other)).toBe(other);
  });

  it('asks a server at a configured address for its models, and takes it as it is', async () => {
    const { url } = await serve(ollamaApi([{ name: 'a:1b' }]));
    const configured = providerConfig({
      id: 'ollama',
      baseUrl: `${url}/v1`,
      unlistedModels: true,
    });
    const models = local([configured]);
    await models.onModuleInit();
    expect(models.names()).toEqual(['ollama/a:1b']);
    expect(models.current(configured)).toBe(configured);
  });

  it('shows none where callers may name the listed models only', async () => {
    const { url } = await serve(ollamaApi([{ name: 'a:1b' }]));
    const models = local([{ ...lookedFor('ollama', url), unlistedModels: false }]);
    await models.onModuleInit();
    expect(models.names()).toEqual([]);
    expect(models.model('ollama', 'a:1b')).toBeDefined();
  });

  it.each<[string, Partial<ProviderConfig>]>([
    ['has nothing to tell', { unlistedModels: false }],
    ['lacks its key', { unlistedModels: true, unavailable: 'KEY is not set' }],
    ['is of no kind that is known', { unlistedModels: true, id: 'vllm' }],
  ])('does not ask a provider that %s', async (_what, changes) => {
    const server = await serve(ollamaApi([]));
    const models = local([providerConfig({ id: 'ollama', baseUrl: server.url, ...changes })]);
    await models.onModuleInit();
    expect(server.asked).toEqual([]);
  });

  it('asks nobody where it is not to', async () => {
    const server = await serve(ollamaApi([]));
    const models = local(
      LOCAL_PROVIDERS.map((id) => lookedFor(id, server.url)),
      0,
    );
    await models.onModuleInit();
    expect(server.asked).toEqual([]);
    expect(models.names()).toEqual([]);
  });

  it('asks again and again, until it is ended', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const api = ollamaApi([]);
    let times = 0;
    const server = await serve((asked) => {
      if ((times += 1) === 4) resolve();
      return api(asked);
    });
    const models = local([lookedFor('ollama', server.url)], 1);
    await models.onModuleInit();
    await promise;
    models.onModuleDestroy();
    const asked = server.asked.length;
    // Whoever still asked would have by the time that this one has answered twenty times.
    const other = await serve(api);
    for (let time = 0; time < 20; time += 1) await (await fetch(other.url)).text();
    expect(server.asked.length - asked).toBeLessThanOrEqual(1);
  });
});
