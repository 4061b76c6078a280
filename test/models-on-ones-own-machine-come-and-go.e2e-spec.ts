import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalProvider } from '../src/config/models-config.js';
import { llamaCppRouterApi } from '../src/models/local/testing/llama-cpp-api.js';
import type { ListingApi } from '../src/models/local/testing/listing-api.js';
import { lmStudioApi } from '../src/models/local/testing/lm-studio-api.js';
import { ollamaApi, type OllamaModel } from '../src/models/local/testing/ollama-api.js';
import type { TestConfiguration } from './support/config-dir.js';
import { freePort } from './support/free-port.js';
import { openStream, request } from './support/http-client.js';
import { chunksOf, contentOf } from './support/native-chunks.js';
import { stall } from './support/provider/faults.js';
import { answer, role, text } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

/** A model of `GET /api/v1/models`. */
interface Listed {
  id: string;
  available: boolean;
  unavailable_reason: string | null;
  default: boolean;
  [member: string]: unknown;
}

const LLAMA: OllamaModel = {
  name: 'llama3.2:latest',
  capabilities: ['completion', 'tools'],
  contextLength: 8192,
};
const NOMIC: OllamaModel = { name: 'nomic-embed-text:latest', capabilities: ['embedding'] };

/** So often that whatever comes or goes is noticed within the time of a few requests. */
const OFTEN = { LOCAL_PROBE_INTERVAL: '5ms' };

/** Of the file nothing can be used. */
const KEYLESS = {
  providers: { keyless: { base_url: 'http://127.0.0.1:9/v1', api_key: '${KEYLESS_API_KEY}' } },
  models: { 'keyless-model': { provider: 'keyless' } },
};

describe("models on one's own machine", () => {
  const cleanups: (() => Promise<unknown>)[] = [];
  let service: RunningService;

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function start(configuration: TestConfiguration): Promise<void> {
    const started = (service = await startService({
      modelsYaml: KEYLESS,
      ...configuration,
      env: { ...OFTEN, ...configuration.env },
    }));
    cleanups.push(() => started.close());
  }

  async function serve(listing: ListingApi, port?: number): Promise<ScriptedProvider> {
    const server = await ScriptedProvider.start({ listing, ...(port !== undefined && { port }) });
    cleanups.push(() => server.close());
    return server;
  }

  const addressOf = (port: number) => `http://127.0.0.1:${port}`;

  async function models(): Promise<Listed[]> {
    const { body } = await request(`${service.url}/api/v1/models`);
    return (JSON.parse(body) as { data: Listed[] }).data;
  }

  /** The list as soon as it is so; a test that waits in vain ends by its own limit. */
  async function listedOnce(fits: (list: Listed[]) => boolean): Promise<Listed[]> {
    for (;;) {
      const list = await models();
      if (fits(list)) return list;
    }
  }

  const idsOf = (list: readonly Listed[]) => list.map(({ id }) => id);
  const has = (id: string) => (list: Listed[]) => idsOf(list).includes(id);
  const chat = (body: object) =>
    request(`${service.url}/api/v1/chat`, { body: { message: 'Hi', ...body } });

  it('are listed and asked as their server comes, and gone as it goes', async () => {
    const port = await freePort();
    await start({ lookFor: { ollama: addressOf(port) } });
    expect(idsOf(await models())).toEqual(['keyless-model', 'offline/assistant']);
    expect((await chat({})).json()['model']).toBe('offline/assistant');
    const refused = await chat({ model: 'ollama/llama3.2' });
    expect(refused.status).toBe(503);
    expect(refused.json()).toMatchObject({
      code: 'model_unavailable',
      detail:
        'The model "ollama/llama3.2" is unavailable: ' + `no Ollama answers at ${addressOf(port)}.`,
    });

    const ollama = await serve(ollamaApi([LLAMA, NOMIC]), port);
    const list = await listedOnce(has('ollama/llama3.2:latest'));
    expect(idsOf(list)).toEqual(['keyless-model', 'ollama/llama3.2:latest', 'offline/assistant']);
    expect(list[1]).toEqual({
      id: 'ollama/llama3.2:latest',
      provider: 'ollama',
      available: true,
      unavailable_reason: null,
      circuit: 'closed',
      default: true,
      capabilities: ['tools'],
      context_window: 8192,
      max_output_tokens: null,
      prices: null,
    });
    ollama.always(answer('Hello from ', 'this machine'));
    const stream = await openStream(`${service.url}/api/v1/chat`, {
      body: { message: 'Hi', stream: true },
    });
    expect(await stream.ended).toBe('end');
    expect(contentOf(stream.events)).toBe('Hello from this machine');
    expect(chunksOf(stream.events).at(-1)).toMatchObject({
      model: 'ollama/llama3.2:latest',
      finish_reason: 'stop',
    });
    expect((await chat({ model: 'ollama/llama3.2' })).json()).toMatchObject({
      model: 'ollama/llama3.2',
    });
    expect(ollama.requests.map(({ body }) => body.model)).toEqual(['llama3.2:latest', 'llama3.2']);
    const ready = async () => (await request(`${service.url}/health/ready`)).json();
    expect(await ready()).toMatchObject({
      details: { models: { available: 2, listed: 3, circuits: { ollama: 'closed' } } },
    });

    await ollama.close();
    const after = await listedOnce((now) => !has('ollama/llama3.2:latest')(now));
    expect(idsOf(after)).toEqual(['keyless-model', 'offline/assistant']);
    expect(after.find((one) => one.default)?.id).toBe('offline/assistant');
    expect((await chat({ model: 'ollama/llama3.2' })).json()['code']).toBe('model_unavailable');
    expect(await ready()).toMatchObject({ details: { models: { circuits: {} } } });

    const again = await serve(ollamaApi([LLAMA]), port);
    again.always(answer('Back'));
    await listedOnce(has('ollama/llama3.2:latest'));
    expect((await chat({})).json()).toMatchObject({ message: { content: 'Back' } });

    const told = service.logs.filter(({ msg }) => String(msg).startsWith('local model server'));
    expect(told).toMatchObject([
      { level: 'info', msg: 'local model server found', provider: 'ollama', models: 1 },
      { level: 'info', msg: 'local model server gone', provider: 'ollama' },
      { level: 'info', msg: 'local model server found', provider: 'ollama', models: 1 },
    ]);
  });

  it.each<[LocalProvider, ListingApi, object[]]>([
    [
      'ollama',
      ollamaApi([LLAMA, NOMIC], { listsCapabilities: false }),
      [{ id: 'ollama/llama3.2:latest', capabilities: ['tools'], context_window: 8192 }],
    ],
    [
      'lmstudio',
      lmStudioApi([
        { key: 'google/gemma-4-e4b', vision: true, tools: true, reasoning: true },
        { key: 'plain', loadedContext: 4096 },
        { key: 'text-embedding-nomic-embed-text-v1.5', type: 'embedding' },
      ]),
      [
        {
          id: 'lmstudio/google/gemma-4-e4b',
          capabilities: ['tools', 'vision', 'reasoning'],
          context_window: 32_768,
        },
        { id: 'lmstudio/plain', capabilities: [], context_window: 4096 },
      ],
    ],
    [
      'llamacpp',
      llamaCppRouterApi([
        { id: 'gemma-3-4b-it', vision: true, tools: true, status: 'loaded', context: 4096 },
        { id: 'qwen3-8b' },
        { id: 'nomic-embed-text-v1.5' },
      ]),
      [
        {
          id: 'llamacpp/gemma-3-4b-it',
          capabilities: ['tools', 'vision'],
          context_window: 4096,
        },
        { id: 'llamacpp/qwen3-8b', capabilities: [], context_window: null },
      ],
    ],
  ])('are there from the start with what %s tells of them', async (id, listing, told) => {
    const server = await serve(listing);
    await start({ lookFor: { [id]: addressOf(server.port) } });
    const list = await models();
    expect(list.filter(({ provider }) => provider === id)).toMatchObject(told);
    expect(list.find((one) => one.default)).toMatchObject(told[0]!);
    server.always(answer('Hello'));
    expect((await chat({})).json()).toMatchObject({ message: { content: 'Hello' } });
  });

  it('do not depend on being found where their address is configured', async () => {
    const port = await freePort();
    const ollama = {
      name: 'Ollama',
      base_url: `${addressOf(port)}/v1`,
      api_key: 'own-key',
      unlisted_models: true,
    };
    await start({
      modelsYaml: { providers: { ollama }, models: { mine: { provider: 'ollama' } } },
      env: { RETRY_BUDGET: '0' },
    });
    expect(await models()).toMatchObject([
      { id: 'mine', available: true, default: true },
      { id: 'offline/assistant' },
    ]);
    expect((await chat({ model: 'ollama/any' })).json()['code']).toBe('provider_unavailable');

    const server = await ScriptedProvider.start({
      port,
      apiKey: 'own-key',
      listing: ollamaApi([LLAMA]),
    });
    cleanups.push(() => server.close());
    server.always(answer('Hello'));
    const list = await listedOnce(has('ollama/llama3.2:latest'));
    expect(idsOf(list)).toEqual(['mine', 'ollama/llama3.2:latest', 'offline/assistant']);
    expect((await chat({ model: 'ollama/any' })).status).toBe(200);
    await server.close();
    expect(idsOf(await listedOnce((now) => now.length === 2))).toEqual([
      'mine',
      'offline/assistant',
    ]);
  });

  it('are there before the runs are taken over that they answer', async () => {
    const ollama = await serve(ollamaApi([LLAMA]));
    const data = await mkdtemp(join(tmpdir(), 'agno-api-test-'));
    cleanups.push(() => rm(data, { recursive: true, force: true }));
    const configuration = {
      lookFor: { ollama: addressOf(ollama.port) },
      // What is not found at once is not found at all.
      env: { DATA_DIR: data, SHUTDOWN_GRACE: '0', LOCAL_PROBE_INTERVAL: '1h' },
    };
    await start(configuration);
    ollama.reply([role(), text('One, '), stall()]);
    const reader = await openStream(`${service.url}/api/v1/chat`, {
      body: { message: 'Count', stream: true, model: 'ollama/llama3.2' },
    });
    await reader.until(() => contentOf(reader.events) === 'One, ');
    const id = String(reader.headers['x-run-id']);
    await cleanups.pop()!();

    ollama.reply(answer('two.'));
    await start(configuration);
    const rest = await openStream(`${service.url}/api/v1/runs/${id}/stream`);
    expect(await rest.ended).toBe('end');
    expect(contentOf(rest.events)).toBe('One, two.');
  });

  it('are not looked for where nobody is to', async () => {
    const asked: string[] = [];
    const ollama = await serve(({ line }) => {
      asked.push(line);
      return undefined;
    });
    await start({
      modelsYaml: {
        providers: { ollama: { base_url: ollama.baseUrl, unlisted_models: true } },
        models: {},
      },
      env: { LOCAL_PROBE_INTERVAL: '0' },
    });
    ollama.always(answer('Hello'));
    expect(idsOf(await models())).toEqual(['offline/assistant']);
    expect((await chat({ model: 'ollama/any' })).status).toBe(200);
    expect(asked).toEqual([]);
    expect((await chat({ model: 'lmstudio/any' })).json()['code']).toBe('model_not_found');
  });
});
