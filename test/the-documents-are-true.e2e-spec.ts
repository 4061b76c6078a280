import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { EnvironmentVariables } from '../src/config/environment/environment-variables.js';
import { allowedOf } from '../src/config/files/entry.js';
import { PROBLEMS } from '../src/http/problem.js';
import { FINISH_REASONS } from '../src/wire/native/answer.js';
import { CHUNK_SCHEMAS } from '../src/wire/native/chunk-schemas.js';
import { RUN_STATES } from '../src/wire/native/run-document.js';
import { CuttingProxy } from './support/documents/cutting-proxy.js';
import {
  ROOT,
  codesOf,
  deadLinks,
  markdownFiles,
  pathsOfTree,
  readMarkdown,
  tableOf,
} from './support/documents/markdown-files.js';
import { comparable, patternOf } from './support/documents/printed.js';
import { canRun, runExample } from './support/documents/run-example.js';
import { settingsTable, withSettings } from './support/documents/settings-table.js';
import { request } from './support/http-client.js';
import { answer } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

/** What the tests look at of the OpenAPI document. */
interface OpenApi {
  paths: Record<string, Record<string, unknown>>;
  components: { schemas: Record<string, { properties: object }> };
}

const documents = markdownFiles();
const hasPython = await canRun('python');
if (!hasPython) console.warn('NOT TESTED: the examples in Python, for want of a python3.');

/** Tells a client in bash from an example that only asks once. */
const LOOP = /^until /m;

const runnable = documents
  .map(({ path, blocks }) => ({
    path,
    examples: blocks
      .map((block, index) => ({ ...block, printed: blocks[index + 1] }))
      .filter(({ mark, language }) => mark === 'run' && (language !== 'python' || hasPython)),
  }))
  .filter(({ examples }) => examples.length > 0);

let provider: ScriptedProvider;
let service: RunningService;
let openApi: OpenApi;

beforeAll(async () => {
  provider = await ScriptedProvider.start();
  // For the one example that asks for a model by name.
  provider.always(answer('{"city":', '"Paris"}'));
  const env = {
    CONFIG_DIR: join(ROOT, 'config'),
    MODEL_NAME: 'offline/assistant',
    OPENAI_API_KEY: 'test-key',
    OPENAI_BASE_URL: provider.baseUrl,
  };
  service = await startService({ env });
  openApi = (await request(`${service.url}/openapi.json`)).json();
});
afterAll(async () => {
  await service.close();
  await provider.close();
});

describe.each(runnable)('the examples of $path', ({ examples }) => {
  const variables: Record<string, string> = {};

  it.each(examples)('do what it says: $language in line $line', async (example) => {
    const { printed } = example;
    const result = await runExample(example, { url: service.url, variables });
    expect(result).toMatchObject({ code: 0 });
    if (printed?.mark === 'prints') {
      const { language, code } = printed;
      expect(comparable(result.output, language)).toMatch(patternOf(code, language));
    }
    // The documents say `$RUN` and `$SESSION` for the ids of the answer before.
    for (const [name, member] of Object.entries({ RUN: 'run_id', SESSION: 'session_id' })) {
      const told = new RegExp(`"${member}":"([^"]+)"`).exec(result.output)?.[1];
      if (told !== undefined) variables[name] = told;
    }
  });
});

describe('the clients of docs/streaming.md', () => {
  it('read an answer to its end, each piece once, over a connection that is cut', async () => {
    const { examples } = runnable.find(({ path }) => path === 'docs/streaming.md')!;
    const clients = examples.filter(({ language, code }) => language !== 'bash' || LOOP.test(code));
    const languages = clients.map(({ language }) => language);
    expect(languages).toEqual(['bash', 'js', 'js', 'js', ...(hasPython ? ['python'] : [])]);
    const asked = { body: { message: 'What can you do?' } };
    const whole = (await request(`${service.url}/api/v1/chat`, asked)).json<{
      message: { content: string };
    }>();
    await Promise.all(
      clients.map(async (client) => {
        const proxy = await CuttingProxy.start(service.url, { streams: 2, after: 5 });
        const result = await runExample(client, { url: proxy.url });
        await proxy.close();
        // That of the shell prints the chunks as they are.
        const output = client.language === 'bash' ? textOf(result.output) : result.output;
        const text = `${whole.message.content}\n`;
        expect({ ...result, output }).toEqual({ code: 0, output: text, errors: '' });
        expect(proxy.cut).toBe(2);
      }),
    );
  });
});

describe('every document', () => {
  it.each(documents)('$path leads somewhere with each of its links', (document) => {
    expect(deadLinks(document)).toEqual([]);
  });

  it.each(documents)(
    '$path has no example that is not run, and no output without one',
    (document) => {
      const { path, blocks } = document;
      const unchecked = blocks.filter(({ language, code, mark }, index) => {
        if (mark === 'prints') return blocks[index - 1]?.mark !== 'run';
        const isExample =
          language === 'bash' ? /curl |--silent chat/.test(code) : /^(js|python)$/.test(language);
        return isExample && mark !== 'run';
      });
      expect(unchecked.map(({ line }) => `${path}:${line}`)).toEqual([]);
    },
  );

  it.each(documents)('$path names only scripts that npm can run', ({ path }) => {
    const manifest = readFileSync(join(ROOT, 'package.json'), 'utf8');
    const { scripts } = JSON.parse(manifest) as { scripts: Record<string, string> };
    const text = readFileSync(join(ROOT, path), 'utf8');
    const named = text.matchAll(/\bnpm (?:run (?:--silent )?([\w:-]+)|(start|test)\b)/g);
    const names = [...named].map(([, run, short]) => run ?? short!);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(names));
  });
});

describe('docs/problems.md', () => {
  it('has every code, with its status', () => {
    const { rows } = tableOf(readMarkdown('docs/problems.md'), 'code');
    const told = rows.map(([code, status]) => [code, Number(status)]);
    const known = Object.entries(PROBLEMS).map(([code, [status]]) => [`\`${code}\``, status]);
    expect(told).toEqual(known);
    expect(rows.every((row) => row.length === 4 && row.every((cell) => cell !== ''))).toBe(true);
  });
});

describe('docs/configuration.md', () => {
  it('has the table that `npm run docs:settings` writes', () => {
    const source = join(ROOT, 'src/config/environment/environment-variables.ts');
    const allowed = (name: string) => allowedOf(EnvironmentVariables, name);
    const table = settingsTable(readFileSync(source, 'utf8'), allowed);
    const page = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8');
    expect(page).toBe(withSettings(page, table));
  });
});

describe('docs/http-api.md', () => {
  const document = readMarkdown('docs/http-api.md');

  it('has every field of a request, and no other', () => {
    const fields = codesOf(tableOf(document, 'field'));
    expect(fields).toEqual(Object.keys(openApi.components.schemas['ChatRequest']!.properties));
  });

  it('has every member of an answer, and no other', () => {
    const members = codesOf(tableOf(document, 'member'));
    expect(members).toEqual(Object.keys(openApi.components.schemas['Answer']!.properties));
  });

  it('has every state of a run, and no other', () => {
    expect(codesOf(tableOf(document, '`state`'))).toEqual(RUN_STATES);
  });

  it('has every route, and no other', () => {
    const told = document.headings.filter((heading) => /^`[A-Z]+ \//.test(heading));
    expect(told.map((heading) => heading.slice(1, -1)).sort()).toEqual(routesOf(openApi));
  });
});

describe('README.md', () => {
  it('has every route, and no other', async () => {
    const told = codesOf(tableOf(readMarkdown('README.md'), 'route'));
    expect(told).toEqual(expect.arrayContaining(routesOf(openApi)));
    for (const route of told.filter((one) => !routesOf(openApi).includes(one))) {
      const [method, path] = route.split(' ');
      expect((await request(`${service.url}${path}`, { method: method! })).status).toBe(200);
    }
  });
});

describe('docs/streaming.md', () => {
  const document = readMarkdown('docs/streaming.md');

  it('shows a chunk of every kind, as its schema has it', () => {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    ajv.addSchema({ ...openApi, $id: 'api' });
    const { code } = document.blocks.find(({ mark }) => mark === 'chunks')!;
    const chunks = code.split('\n').map((line) => JSON.parse(line) as { type?: string });
    const kinds = Object.keys(CHUNK_SCHEMAS).filter((kind) => kind !== 'Chunk');
    const shown = chunks.map((chunk) =>
      kinds.filter((kind) => ajv.validate(`api#/components/schemas/${kind}`, chunk)),
    );
    expect(shown).toEqual(kinds.map((kind) => [kind]));
    const types = chunks.flatMap(({ type }) => type ?? []);
    expect(codesOf(tableOf(document, 'chunk'))).toEqual(types);
  });

  it('has every reason for which an answer ends, and no other', () => {
    expect(codesOf(tableOf(document, '`finish_reason`'))).toEqual(FINISH_REASONS);
  });
});

describe('ARCHITECTURE.md', () => {
  const { blocks } = readMarkdown('ARCHITECTURE.md');
  const paths = pathsOfTree(blocks.find(({ mark }) => mark === 'tree')!.code);

  it('draws only what is there', () => {
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('draws every folder of the source, and every file at its top', () => {
    const source = join(ROOT, 'src');
    const entries = readdirSync(source, { recursive: true, withFileTypes: true });
    const drawn = entries.filter((entry) => entry.isDirectory() || entry.parentPath === source);
    const there = drawn.map(({ parentPath, name }) =>
      join(parentPath, name).slice(ROOT.length + 1),
    );
    expect(there.filter((path) => !paths.includes(path))).toEqual([]);
  });
});

/** The text that chunks, one a line, add up to; with a line's end. */
function textOf(chunks: string): string {
  const lines = chunks.trim().split('\n');
  return `${lines.map((line) => (JSON.parse(line) as { content: string }).content).join('')}\n`;
}

/** Every route of the OpenAPI document, as `GET /api/v1/models`. */
function routesOf({ paths }: OpenApi): string[] {
  return Object.entries(paths)
    .flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    .sort();
}
