import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from './support/http-client.js';
import { startProcess } from './support/process.js';
import { FOLLOW_UPS, NEWCOMERS, PARAPHRASES, UNANSWERABLE } from './support/questions.js';
import { startService, type RunningService } from './support/service.js';

const ROOT = join(import.meta.dirname, '..');

interface ChatAnswer {
  message: { content: string };
  session_id: string;
  usage: { estimated?: true };
}

async function ask(url: string, fields: object): Promise<ChatAnswer> {
  const answered = await request(`${url}/api/v1/chat`, { body: fields });
  expect(answered.status).toBe(200);
  return answered.json<ChatAnswer>();
}

/** The sections that an answer quotes. */
function quotedIn(answer: string): string[] {
  return [...answer.matchAll(/\]\((\/[^()\s]+)\) says:/g)].map(([, link = '']) => link);
}

describe('the offline assistant', () => {
  let service: RunningService;
  const cited = new Set<string>();

  beforeAll(async () => {
    service = await startService({
      env: { MODEL_NAME: 'offline/assistant', OFFLINE_WORD_DELAY: '0' },
    });
  });
  afterAll(() => service.close());

  it.each([...NEWCOMERS, ...PARAPHRASES])(
    'quotes what answers "$question"',
    async ({ question, sections, says }) => {
      const { message, usage } = await ask(service.url, { message: question });
      const { content } = message;
      for (const [, link = ''] of content.matchAll(/\]\((\/[^()\s]+)\)/g)) cited.add(link);
      const quoted = quotedIn(content);
      expect(quoted.some((link) => sections.includes(link))).toBe(true);
      const quotation = content.replace(/^(?!>).*$/gm, '').toLowerCase();
      expect(says.some((words) => quotation.includes(words.toLowerCase()))).toBe(true);
      expect(usage.estimated).toBeUndefined();
    },
  );

  it('cites nothing that is not there', async () => {
    const { message } = await ask(service.url, { message: 'What is in ModelPrices?' });
    for (const [, link = ''] of message.content.matchAll(/\]\((\/[^()\s]+)\)/g)) cited.add(link);
    const links = [...cited].map((link) => new URL(link, service.url));
    expect(links.filter(({ pathname }) => pathname === '/openapi.json').length).toBeGreaterThan(0);
    expect(links.length).toBeGreaterThan(30);
    for (const { href, pathname, hash } of links) {
      const { status, body } = await request(href.split('#')[0]!);
      expect([href, status]).toEqual([href, 200]);
      const target = decodeURIComponent(hash.slice(1));
      if (pathname === '/openapi.json')
        expect([href, pointedAt(body, target)]).not.toContain(undefined);
      else if (hash !== '') expect([href, body.includes(` id="${target}"`)]).toEqual([href, true]);
    }
  });

  it.each(FOLLOW_UPS)('understands "$then" after "$first"', async ({ first, then, sections }) => {
    const { session_id } = await ask(service.url, { message: first });
    const { message } = await ask(service.url, { message: then, session_id });
    expect(quotedIn(message.content).some((link) => sections.includes(link))).toBe(true);
    const alone = await ask(service.url, { message: then });
    expect(alone.message.content).not.toBe(message.content);
  });

  it('answers a question that stands by itself as if nothing had been said before', async () => {
    let session_id: string | undefined;
    for (const { question } of NEWCOMERS) {
      const alone = await ask(service.url, { message: question });
      const after = await ask(service.url, { message: question, session_id });
      expect([question, after.message.content]).toEqual([question, alone.message.content]);
      ({ session_id } = after);
    }
    const other = await ask(service.url, { message: 'Who wrote Faust?', session_id });
    expect(quotedIn(other.message.content)).toEqual([]);
  });

  it.each(UNANSWERABLE)('does not claim to know "%s"', async (question) => {
    const { message } = await ask(service.url, { message: question });
    expect(message.content).toMatch(
      /^\*\*I am the built-in offline assistant, not a language model\.\*\*/,
    );
    expect(quotedIn(message.content)).toEqual([]);
    if (!/time|weather like today/.test(question)) {
      expect(message.content).toContain('What I can do:\n\n- Ask about this service');
      expect(message.content).toContain(
        'To have real answers, connect a model:\n\n1. Set `OPENAI_API_KEY`',
      );
    }
  });

  it('answers with a value that fits', async () => {
    const schema = {
      type: 'object',
      properties: {
        answer: { type: 'string' },
        stars: { type: 'integer', minimum: 1, maximum: 5 },
      },
      required: ['answer', 'stars'],
      additionalProperties: false,
    };
    const { body } = await request(`${service.url}/api/v1/chat`, {
      body: {
        message: 'Who are you?',
        response_format: { type: 'json_schema', json_schema: { name: 'review', schema } },
      },
    });
    const { output } = JSON.parse(body) as { output: { answer: string; stars: number } };
    expect(output.answer).toContain('the built-in offline assistant');
    expect([1, 2, 3, 4, 5]).toContain(output.stars);
    expect(Object.keys(output)).toEqual(['answer', 'stars']);
  });
});

describe('a document that is changed', () => {
  it('changes the answer of a service that runs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'installation-'));
    for (const name of ['dist', 'playground', 'docs', 'README.md', 'config', 'package.json']) {
      await cp(join(ROOT, name), join(folder, name), { recursive: true });
    }
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const data = { DATA_DIR: join(folder, 'data') };
    const env = { ...data, MODEL_NAME: 'offline/assistant', OFFLINE_WORD_DELAY: '0' };
    const service = await startProcess(env, join(folder, 'dist/main.js'));
    try {
      const said = async () =>
        (await ask(service.url, { message: 'What is the zorblax of a run?' })).message.content;
      expect(await said()).toContain('not a language model');
      const page = join(folder, 'docs/streaming.md');
      const text = await readFile(page, 'utf8');
      await writeFile(page, `${text}\n## Zorblax\n\nThe zorblax of a run is its 17th event.\n`);
      expect(await said()).toMatch(
        /^\[Streaming: Zorblax\]\(\/docs\/streaming\.md#zorblax\) says:\n\n> The zorblax of a run is its 17th event\./,
      );
      expect((await request(`${service.url}/docs/streaming.md`)).body).toContain('id="zorblax"');
      await writeFile(page, text);
      expect(await said()).toContain('not a language model');
      await rm(join(folder, 'docs'), { recursive: true });
      await rm(join(folder, 'README.md'));
      expect(await said()).toContain('not a language model');
    } finally {
      await service.stop();
      await rm(folder, { recursive: true });
    }
  });
});

/** What a JSON pointer leads to (RFC 6901). */
function pointedAt(document: string, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (value, token) => (value as Record<string, unknown> | undefined)?.[token],
      JSON.parse(document),
    );
}
