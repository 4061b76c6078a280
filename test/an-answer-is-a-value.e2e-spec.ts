import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStream, request } from './support/http-client.js';
import { chunksOf, contentOf } from './support/native-chunks.js';
import { httpError, stall } from './support/provider/faults.js';
import {
  answer,
  done,
  finish,
  reasoning,
  role,
  text,
  toolCalls,
  usage,
} from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';
import { TestToolsModule, TOOL_AGENT } from './support/test-tools.js';

const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' }, people: { type: 'integer' } },
  required: ['city', 'people'],
  additionalProperties: false,
};
const FORMAT = { type: 'json_schema', json_schema: { name: 'city', schema: SCHEMA } };
const GOOD = '{"city":"Rome","people":2750000}';
const BAD = '{"city":"Rome","people":"many"}';

describe('a structured answer', () => {
  let provider: ScriptedProvider;
  let service: RunningService;
  let chat: string;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    service = await startService({
      provider,
      env: { RETRY_BUDGET: '0', MAX_CONTINUATIONS: '0' },
      agentsYaml: {
        agents: {
          assistant: { instructions: 'x' },
          geographer: { instructions: 'x', output: { name: 'city', schema: SCHEMA } },
          hurried: { instructions: 'x', limits: { time: '100ms' } },
        },
      },
    });
    chat = `${service.url}/api/v1/chat`;
  });
  afterAll(async () => {
    await service.close();
    await provider.close();
  });

  const ask = (body: object = {}) =>
    request(chat, { body: { message: 'Hi', response_format: FORMAT, ...body } });

  it('is a value that fits the schema', async () => {
    provider.reply(answer(GOOD));
    const answered = (await ask()).json();
    expect(answered).toMatchObject({ output: { city: 'Rome', people: 2_750_000 }, attempts: 1 });
    expect(answered).not.toHaveProperty('repaired');
  });

  it('streams as it comes, and is corrected once where it does not fit', async () => {
    provider.reply(answer(BAD)).reply(answer(GOOD));
    const body = { message: 'Hi', stream: true, response_format: FORMAT };
    const reading = await openStream(chat, { body });
    await reading.ended;
    // The correction is shown to nobody, and changes nothing that was.
    expect(contentOf(reading.events)).toBe(BAD);
    expect(chunksOf(reading.events).at(-1)).toMatchObject({
      finish_reason: 'stop',
      output: { city: 'Rome', people: 2_750_000 },
      repaired: true,
      attempts: 2,
      usage: { input_tokens: 20, output_tokens: 2, total_tokens: 22 },
    });
    const { messages, response_format: format } = provider.requests.at(-1)!.body;
    expect(format).toEqual(FORMAT);
    expect(messages.slice(-2)).toEqual([
      { role: 'assistant', content: BAD },
      {
        role: 'user',
        content:
          'Your answer does not have the shape that was asked for:\n- /people must be integer\n' +
          'Answer with the corrected JSON value and with nothing else.',
      },
    ]);
    const runId = reading.headers['x-run-id'] as string;
    const run = await request(`${service.url}/api/v1/runs/${runId}`);
    expect(run.json()).toMatchObject({ text: BAD, output: { city: 'Rome' }, repaired: true });
  });

  it.each([
    ['the correction does not fit either', answer('Sorry.'), /it is no JSON/],
    ['nobody can correct it', httpError(500), /\/people must be integer/],
  ])('fails clearly where %s', async (_, second, why) => {
    provider.reply(answer(BAD)).reply(second);
    const failed = await ask();
    expect(failed.status).toBe(502);
    expect(failed.json()).toMatchObject({
      code: 'output_invalid',
      detail: expect.stringMatching(why),
      retryable: true,
      partial: BAD,
    });
  });

  it('is no value where it was cut short, which nobody corrects', async () => {
    const before = provider.requests.length;
    provider.reply([role(), text('{"city":'), finish('length'), usage(), done()]);
    expect((await ask()).json()).toMatchObject({ output: null, finish_reason: 'length' });
    expect(provider.requests).toHaveLength(before + 1);
  });

  it('is one of its agent’s, where the request asks for no other', async () => {
    provider.reply(answer(GOOD));
    const answered = await request(chat, { body: { message: 'Hi', agent: 'geographer' } });
    expect(answered.json()).toMatchObject({ output: { city: 'Rome' } });
    expect(provider.requests.at(-1)!.body['response_format']).toEqual(FORMAT);
    const { data } = (await request(`${service.url}/api/v1/agents`)).json<{ data: object[] }>();
    expect(data[1]).toMatchObject({ output_schema: SCHEMA });
  });

  it.each([
    [{ type: 'strin' }, /must be/],
    [{ $ref: 'https://example.org/x.json' }, /can't resolve reference/],
    [{ pattern: '(' }, /Invalid regular expression/],
  ])('is refused where its schema is none: %j', async (schema, why) => {
    const refused = await ask({
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
    });
    expect(refused.status).toBe(400);
    expect(refused.json()).toMatchObject({
      code: 'invalid_request',
      errors: [
        {
          pointer: '#/response_format/json_schema/schema',
          detail: expect.stringMatching(why),
        },
      ],
    });
  });

  it('keeps the service from starting where its agent’s schema is none', async () => {
    const output = { schema: { type: 'strin' } };
    const agentsYaml = { agents: { assistant: { instructions: 'x', output } } };
    await expect(startService({ agentsYaml })).rejects.toThrow(
      /^agents\.yaml: agents\.assistant\.output\.schema: found what is none \(.*\), allowed: a JSON schema$/,
    );
  });

  it('of type json_object is an object', async () => {
    provider.reply(answer('[1]')).reply(answer('{"a":1}'));
    const answered = await ask({ response_format: { type: 'json_object' } });
    expect(answered.json()).toMatchObject({ output: { a: 1 }, repaired: true });
  });

  describe('that takes too long', () => {
    it('ends with what there is, by the limit of the request or of the agent', async () => {
      for (const body of [{ max_seconds: 1 }, { agent: 'hurried' }]) {
        provider.reply([role(), text('Hel'), stall()]);
        const failed = await request(chat, { body: { message: 'Hi', ...body } });
        expect(failed.status).toBe(504);
        expect(failed.json()).toMatchObject({
          code: 'run_timeout',
          partial: 'Hel',
          retryable: true,
        });
      }
    });
  });

  it('keeps what the model thinks apart, and out of sight where nobody wants it', async () => {
    for (const include of [undefined, []]) {
      provider.reply([role(), reasoning('Hm.'), text('Four.'), finish(), usage(), done()]);
      const reading = await openStream(chat, {
        body: { message: 'Hi', stream: true, ...(include && { include }) },
      });
      await reading.ended;
      expect(contentOf(reading.events)).toBe('Four.');
      const thought = chunksOf(reading.events).flatMap(({ reasoning: one }) =>
        one === undefined ? [] : [one],
      );
      expect(thought).toEqual(include === undefined ? ['Hm.'] : []);
    }
  });
});

describe('the history of a session', () => {
  it('fits the context window: whole turns are left out, oldest first, and summed up where asked', async () => {
    const provider = await ScriptedProvider.start();
    const model = { provider: 'scripted', context_window: 400, max_output_tokens: 50 };
    const service = await startService({
      provider,
      modelsYaml: {
        providers: { scripted: { base_url: provider.baseUrl } },
        models: { small: model, other: { ...model, context_window: 100_000 } },
      },
      agentsYaml: {
        agents: {
          assistant: { instructions: 'Be brief.' },
          forgetful: { instructions: 'Be brief.', history: { turns: 1 } },
          summing: { instructions: 'Be brief.', history: { turns: 1, summary_model: 'other' } },
        },
      },
    });
    try {
      const chat = `${service.url}/api/v1/chat`;
      // 100 tokens a turn, or a little more.
      const words = (name: string) => `${name} ${'word '.repeat(45).trim()}`;
      let sessionId: string | undefined;
      const talk = async (name: string, body: object = {}) => {
        provider.reply(answer(words(`answer ${name}`)), { model: 'small' });
        const message = words(`question ${name}`);
        const said = await request(chat, { body: { message, session_id: sessionId, ...body } });
        expect(said.status).toBe(200);
        sessionId ??= said.json<{ session_id: string }>().session_id;
        return provider.requests.at(-1)!.body.messages;
      };
      const names = (messages: readonly { content: unknown }[]) =>
        messages.map(({ content }) => String(content).split(' ').slice(0, 2).join(' '));
      await talk('1');
      await talk('2');
      expect(names(await talk('3'))).toEqual([
        'Be brief.',
        'question 1',
        'answer 1',
        'question 2',
        'answer 2',
        'question 3',
      ]);
      expect(names(await talk('4'))).toEqual([
        'Be brief.',
        'question 2',
        'answer 2',
        'question 3',
        'answer 3',
        'question 4',
      ]);
      expect(names(await talk('5', { agent: 'forgetful' }))).toEqual([
        'Be brief.',
        'question 4',
        'answer 4',
        'question 5',
      ]);

      provider.reply(answer('They counted.'), { model: 'other' });
      const before = provider.requests.length;
      const summed = await talk('6', { agent: 'summing' });
      expect(names(summed)).toEqual([
        'Be brief.',
        'Summary of',
        'question 5',
        'answer 5',
        'question 6',
      ]);
      expect(summed[1]!.content).toBe('Summary of the conversation so far:\nThey counted.');
      const asked = provider.requests[before]!.body;
      expect(asked.model).toBe('other');
      expect(asked.messages[1]!.content).toContain('User: question 4');
      expect(asked.messages[1]!.content).not.toContain('question 5');
      // The next one goes on from it.
      provider.reply(answer('They counted on.'), { model: 'other' });
      await talk('7', { agent: 'summing' });
      const next = provider.requests.at(-2)!.body.messages[1]!.content;
      expect(next).toContain('Summary of what was said before:\nThey counted.');
      expect(next).toContain('question 5');
      expect(next).not.toContain('question 4');
    } finally {
      await service.close();
      await provider.close();
    }
  });

  it('makes room for what the tools of a run say', async () => {
    const provider = await ScriptedProvider.start();
    // What the tool says are 33,000 tokens, each turn before 4,000.
    const model = { provider: 'scripted', context_window: 40_000, max_output_tokens: 50 };
    const service = await startService({
      provider,
      modules: [TestToolsModule],
      modelsYaml: {
        providers: { scripted: { base_url: provider.baseUrl } },
        models: { small: { ...model, capabilities: ['tools'] } },
      },
      agentsYaml: { agents: { assistant: TOOL_AGENT } },
    });
    try {
      const talk = async (message: string, sessionId?: string) => {
        const body = { message, session_id: sessionId };
        const said = await request(`${service.url}/api/v1/chat`, { body });
        expect(said.json()).toMatchObject({ finish_reason: 'stop' });
        return said.json<{ session_id: string }>().session_id;
      };
      const long = (name: string) => `${name} ${'word '.repeat(4_000)}`.trim();
      provider.reply(answer('A1')).reply(answer('A2'));
      const sessionId = await talk(long('Q1'));
      await talk(long('Q2'), sessionId);
      const asked = provider.requests.length;
      provider
        .reply(toolCalls({ id: 'c1', name: 'chatter', arguments: {} }))
        .reply(toolCalls({ id: 'c2', name: 'add', arguments: { a: 1, b: 2 } }))
        .reply(answer('A3'));
      await talk('Q3', sessionId);
      const told = provider.requests
        .slice(asked)
        .map(({ body }) => body.messages.map(({ content }) => String(content).slice(0, 2)));
      expect(told).toEqual([
        ['Yo', 'Q1', 'A1', 'Q2', 'A2', 'Q3'],
        ['Yo', 'Q2', 'A2', 'Q3', 'nu', 'éé'],
        ['Yo', 'Q2', 'A2', 'Q3', 'nu', 'éé', 'nu', '3'],
      ]);
    } finally {
      await service.close();
      await provider.close();
    }
  });
});
