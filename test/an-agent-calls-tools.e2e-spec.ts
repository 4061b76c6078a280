import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStream, request } from './support/http-client.js';
import { chunksOf, contentOf } from './support/native-chunks.js';
import { together } from './support/provider/faults.js';
import type { Step } from './support/provider/script.js';
import {
  answer,
  done,
  finish,
  role,
  text,
  toolCall,
  toolCalls,
  usage,
} from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';
import { TestToolsModule, TOOL_AGENT } from './support/test-tools.js';

const ID = '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const call = (id: string, name: string, args: Record<string, unknown> = {}) => ({
  id,
  name,
  arguments: args,
});

describe('an agent', () => {
  let provider: ScriptedProvider;
  let service: RunningService;
  let chat: string;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    service = await startService({
      provider,
      modules: [TestToolsModule],
      agentsYaml: {
        agents: { assistant: TOOL_AGENT, short: { ...TOOL_AGENT, limits: { turns: 2 } } },
      },
    });
    chat = `${service.url}/api/v1/chat`;
  });
  afterAll(async () => {
    await service.close();
    await provider.close();
  });

  const ask = (body: object = {}) => request(chat, { body: { message: 'Hi', ...body } });
  const results = async (runId: string) => {
    const reading = await openStream(`${service.url}/api/v1/runs/${runId}/stream`);
    await reading.ended;
    return chunksOf(reading.events).flatMap(({ tool_result: result }) =>
      result === undefined ? [] : [result as { content: string; is_error: boolean }],
    );
  };

  it('calls two tools over two turns, in chunks whose bytes are exactly those of the wire format', async () => {
    const asking = (before: Step[], made: ReturnType<typeof call>) => [
      role(),
      before,
      together(toolCall(made)),
      finish('tool_calls'),
      usage(),
      done(),
    ];
    const asked = provider.requests.length;
    provider
      .reply(asking(text('Let me see.'), call('c1', 'add', { a: 1, b: 2 })))
      .reply(asking([], call('c2', 'add_slowly', { a: 3, b: 4 })))
      .reply(answer('It is 7.'));
    const reading = await openStream(chat, { body: { message: 'Hi', stream: true } });
    expect(await reading.ended).toBe('end');
    const chunk = (id: number, members: string, content = '') =>
      `id: ${id}\ndata: {"content":"${content}","done":false,"model":"test-model"${members}}\n\n`;
    const typed = (id: number, type: string, value: string) =>
      chunk(id, `,"type":"${type}",${value}`);
    const beginning =
      '\n' +
      chunk(1, '', 'Let me see.') +
      typed(
        2,
        'tool_call_delta',
        '"tool_call":{"id":"c1","name":"add","arguments_delta":"{\\"a\\":1,\\"b\\":2}"}',
      ) +
      typed(3, 'tool_call', '"tool_call":{"id":"c1","name":"add","arguments":{"a":1,"b":2}}') +
      typed(
        6,
        'tool_result',
        '"tool_result":{"id":"c1","name":"add","content":"3","is_error":false}',
      ) +
      typed(
        7,
        'tool_call_delta',
        '"tool_call":{"id":"c2","name":"add_slowly","arguments_delta":"{\\"a\\":3,\\"b\\":4}"}',
      ) +
      typed(
        8,
        'tool_call',
        '"tool_call":{"id":"c2","name":"add_slowly","arguments":{"a":3,"b":4}}',
      ) +
      typed(
        11,
        'tool_progress',
        '"tool_progress":{"id":"c2","name":"add_slowly","message":"adding","progress":1,"total":2}',
      ) +
      typed(
        12,
        'tool_result',
        '"tool_result":{"id":"c2","name":"add_slowly","content":"7","is_error":false}',
      ) +
      chunk(13, '', '\\n\\nIt is 7.') +
      'id: 15\ndata: ';
    expect(reading.text.slice(0, beginning.length)).toBe(beginning);
    const last = reading.events.at(-1)!;
    expect(last.data).toMatch(
      new RegExp(
        `^\\{"content":"","done":true,"model":"test-model","run_id":"${ID}","session_id":"${ID}",` +
          '"finish_reason":"stop","usage":\\{"input_tokens":30,"output_tokens":2,"total_tokens":32\\},' +
          '"timings":\\{"first_token_ms":\\d+,"total_ms":\\d+\\},"attempts":3\\}$',
      ),
    );
    expect(contentOf(reading.events)).toBe('Let me see.\n\nIt is 7.');
    // Whoever reads again gets the same bytes.
    const runId = last.json<{ run_id: string }>().run_id;
    const again = await openStream(`${service.url}/api/v1/runs/${runId}/stream`);
    await again.ended;
    expect(again.text).toBe(reading.text);

    const tools = provider.requests[asked]!.body['tools'] as { function: object }[];
    expect(tools[0]).toEqual({
      type: 'function',
      function: {
        name: 'add',
        description: 'Adds.',
        parameters: {
          type: 'object',
          properties: { a: { type: 'integer' }, b: { type: 'integer' } },
          required: ['a', 'b'],
          additionalProperties: false,
        },
      },
    });
    expect((provider.requests[asked + 1]!.body.messages as unknown[]).slice(2)).toEqual([
      {
        role: 'assistant',
        content: 'Let me see.',
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'add', arguments: '{"a":1,"b":2}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: '3' },
    ]);
  });

  it('remembers what its tools have said', async () => {
    provider.reply(toolCalls(call('c1', 'add', { a: 1, b: 2 }))).reply(answer('3.'));
    const { session_id: sessionId } = (await ask()).json<{ session_id: string }>();
    provider.reply(answer('As I said, 3.'));
    await ask({ session_id: sessionId, message: 'Again?' });
    expect((provider.requests.at(-1)!.body.messages as unknown[]).slice(1)).toEqual([
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'add', arguments: '{"a":1,"b":2}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: '3' },
      { role: 'assistant', content: '3.' },
      { role: 'user', content: 'Again?' },
    ]);
    const messages = (await request(`${service.url}/api/v1/sessions/${sessionId}/messages`)).json<{
      data: Record<string, unknown>[];
    }>().data;
    expect(messages.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'assistant',
      'user',
      'assistant',
    ]);
    expect(messages[1]).toMatchObject({
      model: 'test-model',
      tool_calls: [{ id: 'c1', name: 'add', arguments: { a: 1, b: 2 } }],
    });
    expect(messages[2]).toMatchObject({ tool_call_id: 'c1', name: 'add', is_error: false });
    expect(messages[3]).toMatchObject({ finish_reason: 'stop', usage: { input_tokens: 20 } });
    expect(messages[1]).not.toHaveProperty('usage');
  });

  it.each<[string, string, Record<string, unknown>, string]>([
    ['fails', 'fail', {}, 'The shop is closed.'],
    ['breaks, without its inner details', 'break', {}, 'The tool has failed.'],
    ['does not exist', 'ad', {}, 'There is no tool "ad". The tools are: add, add_slowly'],
    ['is given bad arguments', 'add', { a: 'x', c: 1 }, 'a must be an integer number.'],
  ])('tells its model of a tool that %s, and goes on', async (_, name, args, said) => {
    provider.reply(toolCalls(call('c1', name, args))).reply(answer('Sorry.'));
    const answered = (await ask()).json<{ run_id: string; finish_reason: string }>();
    expect(answered.finish_reason).toBe('stop');
    const [result] = await results(answered.run_id);
    expect(result).toMatchObject({ is_error: true });
    expect(result!.content).toContain(said);
    const told = (provider.requests.at(-1)!.body.messages as unknown as { content: string }[]).at(
      -1,
    )!;
    expect(told.content).toBe(result!.content);
  });

  it('tells its model of arguments that are no JSON, and sends none of them back', async () => {
    const broken = { id: 'c1', name: 'add', arguments: ['{"a": 1, "b'] };
    provider
      .reply([role(), toolCall(broken), finish('tool_calls'), done()])
      .reply(answer('Sorry.'));
    const { run_id: runId } = (await ask()).json<{ run_id: string }>();
    expect(await results(runId)).toEqual([
      expect.objectContaining({
        content: 'The arguments have to be a JSON object.',
        is_error: true,
      }),
    ]);
    const told = provider.requests.at(-1)!.body.messages as unknown as { tool_calls?: unknown }[];
    expect(told.at(-2)!.tool_calls).toEqual([
      { id: 'c1', type: 'function', function: { name: 'add', arguments: '{}' } },
    ]);
  });

  it('cuts a result that is too long, and says so', async () => {
    provider.reply(toolCalls(call('c1', 'chatter'))).reply(answer('Much.'));
    const { run_id: runId } = (await ask()).json<{ run_id: string }>();
    const [result] = await results(runId);
    expect(result!.content).toBe(`${'é'.repeat(32_768)}…\n[Cut: 32768 of 40000 characters.]`);
  });

  it('is stopped by its limits where its model never ends', async () => {
    const before = provider.requests.length;
    provider
      .reply(toolCalls(call('c1', 'add', { a: 1, b: 1 })))
      .reply(toolCalls(call('c2', 'add', { a: 1, b: 1 })));
    const answered = (await ask({ agent: 'short' })).json<{ run_id: string }>();
    expect(answered).toMatchObject({ finish_reason: 'turn_limit', attempts: 2 });
    expect(provider.requests).toHaveLength(before + 2);
    expect((await results(answered.run_id)).map(({ content }) => content)).toEqual([
      '2',
      'This call was not made: the run has reached its limit of turns.',
    ]);
  });

  it('is listed with its tools', async () => {
    const { data } = (await request(`${service.url}/api/v1/agents`)).json<{
      data: Record<string, unknown>[];
    }>();
    expect(data[0]).toMatchObject({
      id: 'assistant',
      tools: [
        { name: 'add', description: 'Adds.' },
        { name: 'add_slowly', description: 'Adds slowly.' },
        { name: 'send_mail' },
        { name: 'fail' },
        { name: 'break' },
        { name: 'chatter' },
      ],
      limits: { turns: 10, tool_calls: 50, tokens: null, seconds: null },
      models: null,
      output_schema: null,
    });
  });
});

describe('an agent with a tool that there is not', () => {
  it('keeps the service from starting, with one line that says which was meant', async () => {
    const agentsYaml = { agents: { assistant: { ...TOOL_AGENT, tools: ['add', 'fial'] } } };
    await expect(startService({ agentsYaml, modules: [TestToolsModule] })).rejects.toThrow(
      /^agents\.yaml: agents\.assistant\.tools\[1\]: found "fial", allowed: .*calculator.*\(did you mean "fail"\?\)$/,
    );
  });

  it('nor does a misspelt one that is to be asked for', async () => {
    const assistant = { ...TOOL_AGENT, approval: { required: ['send_mial', 'files__*'] } };
    const starting = startService({
      agentsYaml: { agents: { assistant } },
      modules: [TestToolsModule],
    });
    await expect(starting).rejects.toThrow(
      /^agents\.yaml: agents\.assistant\.approval\.required\[0\]: found "send_mial", .*did you mean "send_mail"\?\)$/,
    );
  });
});
