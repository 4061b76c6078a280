import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { DEFAULT_AGENTS, modelsFor, type ConfigDir } from './support/config-dir.js';
import { openStream } from './support/http-client.js';
import { ASKING, inDatabase, KillableService, saidBy } from './support/killable-service.js';
import { chunksOf } from './support/native-chunks.js';
import { httpError, stall } from './support/provider/faults.js';
import { answer, reasoning, role, text } from './support/provider/steps.js';

const POET = { name: 'Poet', description: 'Writes poems.', instructions: 'You are a poet.' };

const KEYED = { 'idempotency-key': 'one' };

describe('a run that cannot be gone on with', () => {
  let service: KillableService;

  beforeEach(async () => {
    service = await KillableService.start((baseUrl) => {
      const { providers, models } = modelsFor(baseUrl);
      const scripted = { ...providers.scripted, api_key: '${SCRIPTED_KEY}' };
      return {
        modelsYaml: { providers: { ...providers, scripted }, models },
        agentsYaml: { agents: { ...DEFAULT_AGENTS.agents, poet: POET } },
        env: { SCRIPTED_KEY: 'test-key' },
      };
    });
  });
  afterEach(() => service.close());

  const write = (name: string, content: object) => (directory: ConfigDir) =>
    writeFile(join(directory.configDir, name), stringify(content));

  /** Makes all runs older, in milliseconds. */
  const age = (by: number) => (directory: ConfigDir) =>
    inDatabase(directory, (db) =>
      db.prepare('UPDATE runs SET created_at = created_at - ?').run(by),
    );

  const MINUTE = 60_000;

  const lost = [
    {
      what: 'its model is gone from models.yaml',
      meanwhile: () => {
        const { providers, models } = modelsFor(service.provider.baseUrl);
        const others = { 'other-model': models['other-model'] };
        return { change: write('models.yaml', { providers, models: others }) };
      },
      why: /^The answer cannot be gone on with\. .*test-model/,
      inputTokens: 17,
    },
    {
      what: 'the key of its provider is unset',
      meanwhile: () => ({ env: { SCRIPTED_KEY: '' } }),
      why: /^The answer cannot be gone on with\. .*test-model/,
      inputTokens: 17,
    },
    {
      what: 'its agent is gone from agents.yaml',
      meanwhile: () => ({ change: write('agents.yaml', DEFAULT_AGENTS) }),
      why: /^The answer cannot be gone on with\. .*poet/,
      // Its instructions are gone with it.
      inputTokens: 8,
    },
  ];

  it.each(lost)(
    'has failed with its partial text when $what',
    async ({ meanwhile, why, inputTokens }) => {
      const asking = { ...ASKING, model: 'test-model', agent: 'poet' };
      const run = await service.begin(text('Roses ', 'are'), 'Roses are', asking, KEYED);
      await service.restart(meanwhile());
      const rest = chunksOf(await service.rest(run));
      const error = {
        code: 'model_unavailable',
        message: expect.stringMatching(why),
        retryable: true,
      };
      const usage = {
        input_tokens: inputTokens,
        output_tokens: 3,
        total_tokens: inputTokens + 3,
        estimated: true,
      };
      expect(rest).toEqual([
        {
          content: '',
          done: true,
          model: 'test-model',
          run_id: run.id,
          session_id: null,
          finish_reason: 'error',
          usage,
          attempts: 1,
          error,
        },
      ]);
      expect((await service.get(`/runs/${run.id}`)).json()).toMatchObject({
        state: 'failed',
        text: 'Roses are',
        finish_reason: 'error',
        usage,
        error,
      });
      const again = await service.chat(asking, KEYED);
      expect(again.status).toBe(503);
      expect(again.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(again.json()).toMatchObject({
        code: 'model_unavailable',
        run_id: run.id,
        retryable: true,
        partial: 'Roses are',
      });
      expect(service.provider.requests).toHaveLength(1);
    },
  );

  it.each(lost)('has failed without a word when $what before there was any', async (given) => {
    const asking = { ...ASKING, model: 'test-model', agent: 'poet' };
    const id = await service.beginSilently(asking);
    await service.restart(given.meanwhile());
    expect(chunksOf(await service.whole(id))).toEqual([
      expect.objectContaining({
        done: true,
        usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 },
        attempts: 0,
        error: expect.objectContaining({ code: 'model_unavailable', retryable: true }),
      }),
    ]);
    expect(service.provider.requests).toHaveLength(1);
  });

  it('was taken over three times already', async () => {
    const run = await service.begin(text('One'), 'One');
    let said = 'One';
    for (const more of [' two', ' three', ' four']) {
      service.provider.reply([role(), text(more), stall()]);
      await service.restart();
      const reader = await openStream(`${service.url}/api/v1/runs/${run.id}/stream`);
      said += more;
      await reader.until(() => saidBy(reader.events) === said);
    }
    await service.restart();
    expect(saidBy(await service.whole(run.id))).toBe('One two three four');
    expect(chunksOf(await service.rest(run)).at(-1)).toMatchObject({
      done: true,
      finish_reason: 'error',
      usage: { output_tokens: 4, estimated: true },
      attempts: 4,
      error: {
        code: 'shutting_down',
        message: 'This answer was interrupted too often.',
        retryable: true,
      },
    });
    expect(service.provider.requests).toHaveLength(4);
  });

  it('is older than 10 minutes; one that is younger goes on', async () => {
    const old = await service.begin(text('Old'), 'Old');
    await service.restart({ change: age(10 * MINUTE) });
    expect(chunksOf(await service.rest(old))).toEqual([
      expect.objectContaining({
        attempts: 1,
        error: {
          code: 'shutting_down',
          message: 'This answer was interrupted for too long.',
          retryable: true,
        },
      }),
    ]);
    const young = await service.begin(text('Young'), 'Young');
    service.provider.reply(answer(' still'));
    await service.restart({ change: age(9 * MINUTE) });
    expect(saidBy(await service.rest(young))).toBe(' still');
  });

  it('is refused by its provider now', async () => {
    const run = await service.begin(text('Partial'), 'Partial', ASKING, KEYED);
    service.provider.reply(httpError(401));
    await service.restart();
    // What was refused has said nothing: readers are told of the end alone.
    expect(chunksOf(await service.rest(run))).toEqual([
      expect.objectContaining({
        done: true,
        attempts: 2,
        error: expect.objectContaining({ code: 'provider_auth_failed' }),
      }),
    ]);
    expect(service.provider.requests).toHaveLength(2);
    const again = await service.chat(ASKING, KEYED);
    expect(again.status).toBe(502);
    expect(again.json()).toMatchObject({ run_id: run.id, partial: 'Partial' });
  });

  it('gives its Idempotency-Key free where it had no text', async () => {
    const id = await service.beginSilently(ASKING, KEYED);
    await service.restart({ change: age(10 * MINUTE) });
    expect(chunksOf(await service.whole(id))).toEqual([
      expect.objectContaining({ error: expect.objectContaining({ retryable: true }) }),
    ]);
    service.provider.reply(answer('Hello'));
    const again = await service.chat(ASKING, KEYED);
    expect(again.status).toBe(200);
    expect(again.json()).toMatchObject({ message: { role: 'assistant', content: 'Hello' } });
    expect(again.json()['run_id']).not.toBe(id);
  });

  it('gives it free where it had only thought', async () => {
    const { id } = await service.begin(reasoning('Hm'), 'Hm', ASKING, KEYED);
    await service.restart({ change: age(10 * MINUTE) });
    await service.whole(id);
    service.provider.reply(answer('Hello'));
    expect((await service.chat(ASKING, KEYED)).json()['run_id']).not.toBe(id);
  });

  it('keeps it where there is text', async () => {
    const run = await service.begin(text('Partial'), 'Partial', ASKING, KEYED);
    await service.restart({ change: age(10 * MINUTE) });
    const again = await service.chat(ASKING, KEYED);
    expect(again.status).toBe(503);
    expect(again.json()).toMatchObject({ run_id: run.id, partial: 'Partial' });
    expect(service.provider.requests).toHaveLength(1);
  });
});
