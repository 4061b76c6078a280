import { afterEach, describe, expect, it } from '@jest/globals';
import { Ollama } from './ollama.js';
import {
  inquiryTo,
  listenWith,
  ok,
  type ListingApi,
  type ListingServer,
} from './testing/listing-api.js';
import { ollamaApi, type OllamaModel } from './testing/ollama-api.js';

let server: ListingServer;
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function listed(api: ListingApi, ollama = new Ollama()) {
  const listening = (server = await listenWith(api));
  cleanups.push(() => listening.close());
  return ollama.list(inquiryTo(server));
}

const LLAMA: OllamaModel = { name: 'llama3.2:latest', capabilities: ['completion', 'tools'] };
const QWEN: OllamaModel = {
  name: 'hf.co/unsloth/Qwen3-VL-8B-GGUF:Q4_K_M',
  capabilities: ['completion', 'vision', 'tools', 'thinking', 'insert'],
  contextLength: 262_144,
  family: 'qwen3vl',
};
const NOMIC: OllamaModel = {
  name: 'nomic-embed-text:latest',
  capabilities: ['embedding'],
  contextLength: 2048,
  family: 'nomic-bert',
};
const CLOUD: OllamaModel = {
  name: 'gpt-oss:120b-cloud',
  entry: { remote_model: 'gpt-oss:120b', remote_host: 'https://ollama.com:443' },
};

const TOLD = [
  { model: 'llama3.2:latest', capabilities: ['tools'], contextWindow: 131_072 },
  {
    model: 'hf.co/unsloth/Qwen3-VL-8B-GGUF:Q4_K_M',
    capabilities: ['tools', 'vision', 'reasoning'],
    contextWindow: 262_144,
  },
];

describe('Ollama', () => {
  it('lists what can be chatted with, and what it can', async () => {
    expect(await listed(ollamaApi([LLAMA, QWEN, NOMIC, CLOUD]))).toEqual(TOLD);
    expect(server.asked).toEqual(['GET /api/tags']);
  });

  it('is asked about each model where its list does not tell', async () => {
    const api = ollamaApi([LLAMA, QWEN, NOMIC, CLOUD], { listsCapabilities: false });
    expect(await listed(api)).toEqual(TOLD);
    expect(server.asked).toEqual(['GET /api/tags', ...Array<string>(3).fill('POST /api/show')]);
  });

  it('is asked once about a model, until it is another', async () => {
    const models = [LLAMA, NOMIC];
    const ollama = new Ollama();
    await listed(ollamaApi(models, { listsCapabilities: false }), ollama);
    await ollama.list(inquiryTo(server));
    expect(server.asked.slice(3)).toEqual(['GET /api/tags']);
    models[0] = { ...LLAMA, contextLength: 4096 };
    expect(await ollama.list(inquiryTo(server))).toMatchObject([{ contextWindow: 4096 }]);
    expect(server.asked.slice(4)).toEqual(['GET /api/tags', 'POST /api/show']);
  });

  it('told of no capabilities before 0.6.4', async () => {
    const old = { listsCapabilities: false, showsCapabilities: false };
    expect(await listed(ollamaApi([LLAMA, NOMIC], old))).toEqual([
      { model: 'llama3.2:latest', capabilities: [], contextWindow: 131_072 },
    ]);
  });

  it('keeps back a model that it could not be asked about, and is asked again', async () => {
    let refused = true;
    const api = ollamaApi([LLAMA], { listsCapabilities: false });
    const ollama = new Ollama();
    const flaky: ListingApi = (asked) =>
      refused && asked.line === 'POST /api/show' ? { status: 500, body: '{}' } : api(asked);
    expect(await listed(flaky, ollama)).toEqual([]);
    refused = false;
    expect(await ollama.list(inquiryTo(server))).toEqual([TOLD[0]]);
  });

  it('may have pulled nothing', async () => {
    expect(await listed(ollamaApi([]))).toEqual([]);
  });

  it.each([
    [{ error: 'Unexpected endpoint or method. (GET /api/tags)' }],
    [{ models: null }],
    [{ models: {} }],
    [{ data: [] }],
    [[]],
    [null],
    ['Ollama is running'],
  ])('is not who answers %j', async (answer) => {
    expect(await listed(() => ok(answer))).toBeUndefined();
  });

  it.each([
    [{}],
    [{ model: 7 }],
    [{ model: '', name: '' }],
    [{ model: 'a\nb', capabilities: ['completion'] }],
    [{ model: 'x'.repeat(400), capabilities: ['completion'] }],
    [{ model: 'a', capabilities: { completion: true } }],
    ['a'],
    [null],
  ])('lists nothing of the entry %j', async (entry) => {
    expect(await listed(({ line }) => ok(line.includes('tags') ? { models: [entry] } : 0))).toEqual(
      [],
    );
  });

  it('tells no context window that is none', async () => {
    const entries = [0, -1, 1.5, '4096', null].map((context_length, index) => ({
      model: `m${index}`,
      capabilities: ['completion'],
      details: { context_length },
    }));
    const models = await listed(() => ok({ models: entries }));
    expect(models).toHaveLength(5);
    expect(models!.map((one) => 'contextWindow' in one)).toEqual(Array(5).fill(false));
  });

  it('lists 500 models at most', async () => {
    const models = Array.from({ length: 600 }, (_, index) => ({ ...LLAMA, name: `m${index}:1b` }));
    expect(await listed(ollamaApi(models))).toHaveLength(500);
  });
});

describe('a name of Ollama', () => {
  it.each([
    ['llama3.2', 'llama3.2:latest'],
    ['llama3.2:1b', 'llama3.2:1b'],
    ['hf.co/unsloth/x', 'hf.co/unsloth/x:latest'],
    ['localhost:5000/library/x', 'localhost:5000/library/x:latest'],
  ])('%s is %s in full', (model, full) => {
    expect(new Ollama().fullName(model)).toBe(full);
  });
});
