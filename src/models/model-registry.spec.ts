import { afterEach, describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { ModelsConfig, OFFLINE_MODEL, type ProviderConfig } from '../config/models-config.js';
import { Settings } from '../config/settings.js';
import { createLogger, Logger } from '../logging/logger.js';
import { listenWith } from './local/testing/listing-api.js';
import { ollamaApi } from './local/testing/ollama-api.js';
import { ModelRegistry } from './model-registry.js';
import { ModelsModule } from './models.module.js';
import {
  CircuitOpenError,
  ModelNotFoundError,
  ModelUnavailableError,
} from './openai/provider-errors.js';
import {
  collect,
  HELLO,
  modelConfig,
  providerConfig,
  summarise,
} from './openai/testing/answers.js';
import { listen } from './openai/testing/local-server.js';
import { localModels, modelRegistry } from './testing/model-registry.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const usable = providerConfig({ id: 'acme', name: 'Acme' });
const keyless = providerConfig({
  id: 'bolt',
  name: 'Bolt',
  unavailable: 'BOLT_API_KEY is not set',
});
const local = providerConfig({
  id: 'local',
  name: 'Local',
  unlistedModels: true,
  firstTokenTimeoutMs: 7,
  tokenTimeoutMs: 8,
});

const a1 = modelConfig({
  name: 'a1',
  provider: 'acme',
  contextWindow: 9,
  prices: { input: 1, output: 2 },
  capabilities: ['tools'],
});
const a2 = modelConfig({ name: 'team/a2', provider: 'acme', maxOutputTokens: 5 });
const b1 = modelConfig({ name: 'b1', provider: 'bolt' });

function registry(
  models = [b1, a1, a2],
  {
    providers = [usable, keyless, local],
    defaultModel,
  }: { providers?: (typeof usable)[]; defaultModel?: string } = {},
): ModelRegistry {
  const made = modelRegistry(new ModelsConfig(providers, models, defaultModel));
  cleanups.push(() => made.onApplicationShutdown());
  return made;
}

/** What `work` throws. */
function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown.');
}

describe('ModelRegistry', () => {
  describe('resolves', () => {
    it('a listed name, slashes and all', () => {
      expect(registry().resolve('a1')).toEqual({ name: 'a1', config: a1, provider: usable });
      expect(registry().resolve('team/a2').config).toBe(a2);
    });

    it('any model of a provider that allows it', () => {
      const { name, config, provider } = registry().resolve('local/org/llama:8b');
      expect(name).toBe('local/org/llama:8b');
      expect(provider).toBe(local);
      expect(config).toMatchObject({
        provider: 'local',
        model: 'org/llama:8b',
        maxTokensField: 'max_tokens',
        firstTokenTimeoutMs: 7,
        tokenTimeoutMs: 8,
      });
    });

    it('an unlisted model that takes the limit of tokens as its provider says', () => {
      const azure = providerConfig({
        id: 'azure',
        unlistedModels: true,
        maxTokensField: 'max_completion_tokens',
      });
      const { config } = registry([], { providers: [azure] }).resolve('azure/my-o3');
      expect(config.maxTokensField).toBe('max_completion_tokens');
    });

    it('the offline assistant', () => {
      expect(registry().resolve(OFFLINE_MODEL).config).toMatchObject({
        model: 'assistant',
        continuation: 'prefix',
      });
    });

    it.each([
      'nope',
      '',
      'acme/other',
      'nobody/x',
      'local/',
      'local',
      'offline/other',
      'constructor',
    ])('not %j', (name) => {
      const error = thrown(() => registry().resolve(name));
      expect(error).toBeInstanceOf(ModelNotFoundError);
      expect(error).toMatchObject({
        status: 400,
        code: 'model_not_found',
        members: { allowed: ['b1', 'a1', 'team/a2', OFFLINE_MODEL] },
      });
      expect((error as Error).message).toContain('b1, a1, team/a2, offline/assistant');
    });

    it('not a model whose provider has no key, and says so', () => {
      const error = thrown(() => registry().resolve('b1'));
      expect(error).toBeInstanceOf(ModelUnavailableError);
      expect(error).toMatchObject({ status: 503, code: 'model_unavailable' });
      expect((error as Error).message).toContain('BOLT_API_KEY is not set');
    });

    it('not an unlisted model whose provider is not usable', () => {
      const off = providerConfig({
        id: 'local',
        unlistedModels: true,
        unavailable: 'OLLAMA_BASE_URL is not set',
      });
      const models = registry([], { providers: [off] });
      expect(thrown(() => models.resolve('local/x'))).toBeInstanceOf(ModelUnavailableError);
    });
  });

  describe('without a name', () => {
    it('takes MODEL_NAME', () => {
      expect(registry(undefined, { defaultModel: 'team/a2' }).resolve().name).toBe('team/a2');
      expect(registry(undefined, { defaultModel: 'local/x' }).resolve().name).toBe('local/x');
      expect(registry(undefined, { defaultModel: OFFLINE_MODEL }).resolve().name).toBe(
        OFFLINE_MODEL,
      );
    });

    it('takes the first model whose provider is usable', () => {
      expect(registry().resolve().name).toBe('a1');
    });

    it('takes the offline assistant where nothing else is there', () => {
      expect(registry([b1]).resolve().name).toBe(OFFLINE_MODEL);
      expect(registry([]).resolve().name).toBe(OFFLINE_MODEL);
    });

    it('does not replace a MODEL_NAME that is not usable', () => {
      const models = registry(undefined, { defaultModel: 'b1' });
      expect(thrown(() => models.resolve())).toBeInstanceOf(ModelUnavailableError);
    });
  });

  describe('lists', () => {
    it('all models in their order, the offline assistant last', () => {
      expect(registry().list()).toEqual([
        {
          id: 'b1',
          provider: 'bolt',
          available: false,
          reason: 'BOLT_API_KEY is not set',
          circuit: 'closed',
          default: false,
          capabilities: [],
        },
        {
          id: 'a1',
          provider: 'acme',
          available: true,
          circuit: 'closed',
          default: true,
          capabilities: ['tools'],
          contextWindow: 9,
          prices: { input: 1, output: 2 },
        },
        {
          id: 'team/a2',
          provider: 'acme',
          available: true,
          circuit: 'closed',
          default: false,
          capabilities: [],
          maxOutputTokens: 5,
        },
        {
          id: OFFLINE_MODEL,
          provider: 'offline',
          available: true,
          circuit: 'closed',
          default: false,
          capabilities: ['tools', 'json_schema'],
        },
      ]);
    });

    it.each([[[b1]], [[]]])(
      'the offline assistant as default where nothing else is usable',
      (models) => {
        const listed = registry(models).list();
        expect(listed.filter((one) => one.default)).toMatchObject([{ id: OFFLINE_MODEL }]);
        expect(listed.at(-1)?.id).toBe(OFFLINE_MODEL);
      },
    );

    it('an unlisted default too, and nothing twice', () => {
      const ids = (defaultModel: string) =>
        registry([a1], { defaultModel })
          .list()
          .map(({ id }) => id);
      expect(ids('local/x')).toEqual(['a1', 'local/x', OFFLINE_MODEL]);
      expect(ids(OFFLINE_MODEL)).toEqual(['a1', OFFLINE_MODEL]);
    });
  });

  describe('streams', () => {
    const call = {
      messages: [{ role: 'user' as const, content: 'Hi' }],
      signal: new AbortController().signal,
    };

    it('a model of a provider', async () => {
      const server = await listen((_request, response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(HELLO);
      });
      cleanups.push(() => server.close());
      const models = registry([a1], { providers: [providerConfig({ baseUrl: server.url })] });
      for (let turn = 0; turn < 2; turn++) {
        expect(summarise(await collect(models.stream(models.resolve('a1'), call))).text).toBe(
          'Hello',
        );
      }
      expect(server.sockets).toHaveLength(1);
    });

    it('the offline assistant, through the same client and without any network', async () => {
      const models = registry([]);
      const short = { ...call, maxTokens: 6 };
      const deltas = await collect(models.stream(models.resolve(), short));
      const { text, finish, usage } = summarise(deltas);
      expect(text).toMatch(/^\*\*I am the built-in/);
      expect(finish).toBe('length');
      expect(usage?.total).toBeGreaterThan(0);
    });
  });

  describe('knows the fallbacks of a model', () => {
    const fallbacksOf = (name: string, listed: ReturnType<typeof modelConfig>[]) => {
      const models = registry(listed);
      return models.fallbacksOf(models.resolve(name));
    };

    it('in their order, with what each needs to be called', () => {
      const main = modelConfig({ name: 'main', provider: 'local', fallbacks: ['team/a2', 'a1'] });
      expect(fallbacksOf('main', [a1, a2, main])).toEqual([
        { name: 'team/a2', config: a2, provider: usable },
        { name: 'a1', config: a1, provider: usable },
      ]);
    });

    it('but for those whose provider is not usable', () => {
      const main = modelConfig({ name: 'main', fallbacks: ['b1', 'a1'] });
      const names = fallbacksOf('main', [main, a1, b1]).map(({ name }) => name);
      expect(names).toEqual(['a1']);
    });

    it('and not theirs', () => {
      const main = modelConfig({ name: 'main', fallbacks: ['next'] });
      const next = modelConfig({ name: 'next', fallbacks: ['a1', 'main'] });
      expect(fallbacksOf('main', [main, next, a1]).map(({ name }) => name)).toEqual(['next']);
    });

    it('and none of one that names none: the offline assistant stands in for nobody', () => {
      expect(fallbacksOf('a1', [a1, a2])).toEqual([]);
      expect(fallbacksOf(OFFLINE_MODEL, [a1])).toEqual([]);
      expect(fallbacksOf('local/x', [a1])).toEqual([]);
    });
  });

  describe('leaves a provider alone that keeps failing', () => {
    const call = () => ({
      messages: [{ role: 'user' as const, content: 'Hi' }],
      signal: new AbortController().signal,
    });
    /** Nothing listens at the port of the discard service. */
    const broken = providerConfig({ id: 'acme', baseUrl: 'http://127.0.0.1:9/v1' });

    async function failing(): Promise<ModelRegistry> {
      const models = registry([a1, a2, b1], { providers: [broken, keyless, local] });
      for (let time = 0; time < 5; time += 1) {
        const stream = models.stream(models.resolve('a1'), call());
        await expect(collect(stream)).rejects.toMatchObject({ code: 'provider_unavailable' });
      }
      return models;
    }

    it('for all of its models, and no other provider', async () => {
      const models = await failing();
      await expect(
        collect(models.stream(models.resolve('team/a2'), call())),
      ).rejects.toBeInstanceOf(CircuitOpenError);
      await collect(models.stream(models.resolve(OFFLINE_MODEL), { ...call(), maxTokens: 1 }));
    });

    it('and tells so', async () => {
      const models = await failing();
      const reason = 'its provider has failed again and again';
      expect(models.list()).toMatchObject([
        { id: 'a1', available: false, reason, circuit: 'open' },
        { id: 'team/a2', available: false, reason, circuit: 'open' },
        { id: 'b1', available: false, reason: 'BOLT_API_KEY is not set', circuit: 'closed' },
        { id: OFFLINE_MODEL, available: true, circuit: 'closed' },
      ]);
      expect(models.circuits()).toEqual({ acme: 'open', local: 'closed' });
      // Whoever asks for it is not refused: it may be there again.
      expect(models.resolve('a1').name).toBe('a1');
      expect(models.resolve().name).toBe('a1');
    });
  });

  describe('has the models of this machine', () => {
    const ollama = ollamaApi([
      { name: 'llama3.2:latest', capabilities: ['completion', 'tools'], contextLength: 8192 },
      { name: 'qwen3:8b' },
    ]);
    const NOBODY = 'no Ollama answers at http://127.0.0.1:11434';

    /** The registry with an Ollama that is looked for, and what makes it look. */
    async function looking(
      models = [b1],
      { defaultModel, ...changes }: Partial<ProviderConfig> & { defaultModel?: string } = {},
    ) {
      let isThere = true;
      const server = await listenWith((asked) => (isThere ? ollama(asked) : undefined));
      cleanups.push(() => server.close());
      const provider = providerConfig({
        id: 'ollama',
        name: 'Ollama',
        baseUrl: undefined,
        unavailable: NOBODY,
        lookedForAt: [server.url],
        unlistedModels: true,
        ...changes,
      });
      const config = new ModelsConfig([usable, keyless, provider], models, defaultModel);
      const local = localModels(config);
      const found = modelRegistry(config, local);
      return {
        models: found,
        server,
        look: async (there: boolean) => {
          isThere = there;
          await local.probe(10_000);
        },
      };
    }

    const ids = (models: ModelRegistry) => models.list().map(({ id }) => id);
    const standard = (models: ModelRegistry) => models.list().find((one) => one.default)?.id;

    it('lists them after those of the file, with what they can', async () => {
      const { models, look } = await looking([b1, a1]);
      expect(ids(models)).toEqual(['b1', 'a1', OFFLINE_MODEL]);
      await look(true);
      expect(ids(models)).toEqual([
        'b1',
        'a1',
        'ollama/llama3.2:latest',
        'ollama/qwen3:8b',
        OFFLINE_MODEL,
      ]);
      expect(models.list()[2]).toEqual({
        id: 'ollama/llama3.2:latest',
        provider: 'ollama',
        available: true,
        circuit: 'closed',
        default: false,
        capabilities: ['tools'],
        contextWindow: 8192,
      });
    });

    it('and any other of a server while it is there', async () => {
      const { models, server, look } = await looking();
      const refused = () => thrown(() => models.resolve('ollama/llama3.2'));
      expect(refused()).toBeInstanceOf(ModelUnavailableError);
      expect((refused() as Error).message).toContain(NOBODY);
      expect(models.circuits()).toEqual({ acme: 'closed' });

      await look(true);
      expect(models.resolve('ollama/llama3.2')).toMatchObject({
        name: 'ollama/llama3.2',
        config: { model: 'llama3.2', capabilities: ['tools'], contextWindow: 8192 },
        provider: { baseUrl: `${server.url}/v1` },
      });
      expect(models.resolve('ollama/not-pulled').config).toMatchObject({
        model: 'not-pulled',
        capabilities: [],
      });
      expect(models.circuits()).toEqual({ acme: 'closed', ollama: 'closed' });

      await look(false);
      expect(refused()).toBeInstanceOf(ModelUnavailableError);
      expect(ids(models)).toEqual(['b1', OFFLINE_MODEL]);
      expect(models.circuits()).toEqual({ acme: 'closed' });
    });

    it('as the default, where nothing of the file is usable', async () => {
      const { models, look } = await looking();
      expect(standard(models)).toBe(OFFLINE_MODEL);
      await look(true);
      expect(standard(models)).toBe('ollama/llama3.2:latest');
      expect(models.resolve().name).toBe('ollama/llama3.2:latest');
      await look(false);
      expect(standard(models)).toBe(OFFLINE_MODEL);
      expect(models.resolve().name).toBe(OFFLINE_MODEL);
    });

    it('but as the default none where something of the file is usable', async () => {
      const { models, look } = await looking([b1, a1]);
      await look(true);
      expect(standard(models)).toBe('a1');
    });

    it('under the name that MODEL_NAME has for one, and not twice', async () => {
      const { models, look } = await looking([b1], { defaultModel: 'ollama/llama3.2' });
      await look(true);
      expect(ids(models)).toEqual(['b1', 'ollama/llama3.2', 'ollama/qwen3:8b', OFFLINE_MODEL]);
      expect(models.list()[1]).toMatchObject({
        available: true,
        default: true,
        capabilities: ['tools'],
      });
      await look(false);
      expect(models.list()[1]).toMatchObject({ available: false, default: true, reason: NOBODY });
    });

    it('as the file describes them, and not twice', async () => {
      const mine = modelConfig({
        name: 'mine',
        provider: 'ollama',
        model: 'llama3.2',
        contextWindow: 4096,
        fallbacks: ['a1'],
      });
      const { models, look } = await looking([b1, mine]);
      expect(models.list()[1]).toMatchObject({ id: 'mine', available: false, reason: NOBODY });
      expect(standard(models)).toBe(OFFLINE_MODEL);
      await look(true);
      expect(ids(models)).toEqual(['b1', 'mine', 'ollama/qwen3:8b', OFFLINE_MODEL]);
      expect(standard(models)).toBe('mine');
      expect(models.resolve('ollama/llama3.2:latest').config).toEqual({
        ...mine,
        name: 'ollama/llama3.2:latest',
        model: 'llama3.2:latest',
      });
    });

    it('as a fallback while they are there', async () => {
      const mine = modelConfig({ name: 'mine', provider: 'ollama', model: 'qwen3:8b' });
      const main = modelConfig({ name: 'main', fallbacks: ['mine'] });
      const { models, look } = await looking([main, mine]);
      const fallbacks = () => models.fallbacksOf(models.resolve('main')).map(({ name }) => name);
      expect(fallbacks()).toEqual([]);
      await look(true);
      expect(fallbacks()).toEqual(['mine']);
    });

    it('with a new circuit for a server that has come back', async () => {
      const { models, server, look } = await looking();
      await look(true);
      const call = () => ({
        messages: [{ role: 'user' as const, content: 'Hi' }],
        signal: new AbortController().signal,
      });
      const asked = models.resolve();
      await server.close();
      for (let time = 0; time < 5; time += 1) {
        await expect(collect(models.stream(asked, call()))).rejects.toMatchObject({
          code: 'provider_unavailable',
        });
      }
      expect(models.circuits()).toMatchObject({ ollama: 'open' });
      await look(false);
      const again = await listenWith(ollama, server.port);
      cleanups.push(() => again.close());
      await look(true);
      expect(models.circuits()).toMatchObject({ ollama: 'closed' });
    });
  });

  it('is there for whoever imports the module, and closes with the application', async () => {
    const config = {
      module: class {},
      global: true,
      providers: [
        { provide: ModelsConfig, useValue: new ModelsConfig([usable], [a1]) },
        { provide: Settings, useValue: new Settings() },
        { provide: Logger, useValue: createLogger(new Settings({ logLevel: 'silent' })) },
      ],
      exports: [ModelsConfig, Settings, Logger],
    };
    const module = await Test.createTestingModule({ imports: [config, ModelsModule] }).compile();
    expect(module.get(ModelRegistry).resolve().name).toBe('a1');
    await module.close();
  });
});
