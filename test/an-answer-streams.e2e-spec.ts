import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { request, openStream } from './support/http-client.js';
import { together } from './support/provider/faults.js';
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

const ID = '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const END =
  `{"content":"","done":true,"model":"test-model","run_id":"${ID}","session_id":"${ID}",` +
  '"finish_reason":"stop","usage":{"input_tokens":10,"output_tokens":2,"total_tokens":12},' +
  '"timings":{"first_token_ms":\\d+,"total_ms":\\d+},"attempts":1}';

describe('an answer', () => {
  let provider: ScriptedProvider;
  let service: RunningService;
  let chat: string;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    service = await startService({ provider });
    chat = `${service.url}/api/v1/chat`;
  });
  afterAll(async () => {
    await service.close();
    await provider.close();
  });
  afterEach(() => {
    expect(provider.openExchanges).toBe(0);
  });

  const stream = (body: object, headers = {}) =>
    openStream(chat, { body: { message: 'Hi', stream: true, ...body }, headers });

  it('streams in chunks whose bytes are exactly those of the wire format', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('Hel'), gate, text('lo\u{1f600}'), finish(), usage(), done()]);
    const reading = await stream({});
    await reading.event(0);
    gate.open();
    expect(await reading.ended).toBe('end');
    expect(reading.text).toMatch(
      new RegExp(
        '^\n' +
          'id: 1\ndata: {"content":"Hel","done":false,"model":"test-model"}\n\n' +
          'id: 2\ndata: {"content":"lo\\\\ud83d\\\\ude00","done":false,"model":"test-model"}\n\n' +
          `id: 4\ndata: ${END}\n\n$`,
      ),
    );
  });

  it('opens the stream with 200 and headers that keep proxies from holding it back', async () => {
    provider.reply(answer('a', 'b'));
    const { status, headers, ended } = await stream({});
    await ended;
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/event-stream');
    expect(headers['cache-control']).toContain('no-transform');
    expect(headers['x-accel-buffering']).toBe('no');
    expect(headers['x-run-id']).toMatch(new RegExp(`^${ID}$`));
    expect(headers['x-session-id']).toMatch(new RegExp(`^${ID}$`));
    expect(headers['x-request-id']).toMatch(new RegExp(`^${ID}$`));
    expect(headers).not.toHaveProperty('x-powered-by');
  });

  it('delivers each piece before the provider sends the next', async () => {
    const gates = [provider.gate(), provider.gate()];
    provider.reply([
      role(),
      text('a'),
      gates[0]!,
      text('b'),
      gates[1]!,
      text('c'),
      finish(),
      done(),
    ]);
    const reading = await stream({});
    expect((await reading.event(0)).json()).toMatchObject({ content: 'a' });
    gates[0]!.open();
    expect((await reading.event(1)).json()).toMatchObject({ content: 'b' });
    gates[1]!.open();
    expect((await reading.event(2)).json()).toMatchObject({ content: 'c' });
    await reading.ended;
  });

  it('merges pieces that arrive together into one chunk under one id', async () => {
    provider.reply([role(), together(text('a', 'b', 'c')), finish(), done()]);
    const reading = await stream({});
    await reading.ended;
    expect(reading.events.map(({ id }) => id)).toEqual(['1', '3']);
    expect(reading.events[0]!.json()).toMatchObject({ content: 'abc' });
  });

  it('is one JSON document without `stream`, the reduction of the same events', async () => {
    provider.reply(answer('Hel', 'lo'));
    const response = await request(chat, { body: { message: 'Hi' } });
    expect(response.status).toBe(200);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    const { run_id, session_id } = response.json<Record<string, string>>();
    expect(response.body).toMatch(
      new RegExp(
        '^{"message":{"role":"assistant","content":"Hello"},"model":"test-model",' +
          `"run_id":"${ID}","session_id":"${ID}","finish_reason":"stop",` +
          '"usage":{"input_tokens":10,"output_tokens":2,"total_tokens":12},' +
          '"timings":{"first_token_ms":\\d+,"total_ms":\\d+},"attempts":1}$',
      ),
    );
    expect(response.headers).toMatchObject({ 'x-run-id': run_id, 'x-session-id': session_id });
  });

  it('carries the reasoning beside the text, unless it is switched off', async () => {
    const script = [role(), reasoning('hm'), text('yes'), finish(), usage(), done()];
    provider.reply(script).reply(script).reply(script);
    const all = await stream({});
    await all.ended;
    expect(all.events[0]!.data).toBe(
      '{"content":"","done":false,"model":"test-model","type":"reasoning","reasoning":"hm"}',
    );
    const off = await stream({ include: [] });
    await off.ended;
    expect(off.events.map(({ id }) => id)).toEqual(['2', '4']);
    const document = await request(chat, { body: { message: 'Hi' } });
    expect(document.json()).toMatchObject({ message: { content: 'yes' } });
  });

  it('tells why it ended', async () => {
    for (const reason of ['stop', 'length', 'content_filter']) {
      provider.reply([role(), text('a'), finish(reason), done()]);
      const reading = await stream({});
      await reading.ended;
      expect(reading.events.at(-1)!.json()).toMatchObject({ finish_reason: reason });
    }
  });

  it('shows a tool call that the model asks for, and ends with tool_limit where none may be called', async () => {
    provider.reply(toolCalls({ id: 'call_1', name: 'add', arguments: ['{"a":', '1}'] }));
    const reading = await stream({});
    await reading.ended;
    const chunks = reading.events.map((event) => event.json());
    expect(chunks.filter(({ type }) => type === 'tool_call')).toEqual([
      {
        content: '',
        done: false,
        model: 'test-model',
        type: 'tool_call',
        tool_call: { id: 'call_1', name: 'add', arguments: { a: 1 } },
      },
    ]);
    expect(chunks.at(-1)).toMatchObject({ done: true, finish_reason: 'tool_limit' });
  });

  it('counts the tokens itself where the provider does not, and says so', async () => {
    provider.reply([role(), text('Hello there'), finish(), done()]);
    const response = await request(chat, { body: { message: 'Hi' } });
    const told = response.json<{ usage: Record<string, number> }>().usage;
    expect(told).toMatchObject({ output_tokens: 2, estimated: true });
    expect(told['input_tokens']).toBeGreaterThan(3);
    expect(told['total_tokens']).toBe(told['input_tokens']! + 2);
  });

  it('tells the usage each second while it streams, where that is asked for', async () => {
    provider.reply([
      role(),
      text('one'),
      { kind: 'pace', milliseconds: 1_050 },
      text(' two'),
      finish(),
      usage(),
      done(),
    ]);
    const reading = await stream({ include: ['usage'] });
    await reading.ended;
    const told = reading.events.map((event) => event.json()).filter(({ type }) => type === 'usage');
    expect(told.length).toBeGreaterThanOrEqual(1);
    expect(told[0]).toEqual({
      content: '',
      done: false,
      model: 'test-model',
      type: 'usage',
      usage: {
        input_tokens: expect.any(Number),
        output_tokens: 2,
        total_tokens: expect.any(Number),
        estimated: true,
      },
    });
  });

  it('hands what was asked for to the provider', async () => {
    provider.reply(answer('{"a":1}'));
    const responseFormat = {
      type: 'json_schema',
      json_schema: { name: 'a', schema: { type: 'object', default: null }, strict: true },
    };
    const response = await request(chat, {
      body: {
        message: 'Hi',
        max_tokens: 7,
        temperature: 0.5,
        response_format: responseFormat,
        model: 'other-model',
      },
    });
    expect(response.json()).toMatchObject({ model: 'other-model', output: { a: 1 } });
    const asked = provider.requests.at(-1)!.body;
    expect(asked).toMatchObject({
      model: 'other-model',
      max_tokens: 7,
      temperature: 0.5,
      response_format: responseFormat,
      stream: true,
      stream_options: { include_usage: true },
      messages: [
        { role: 'system', content: 'You are a test assistant.' },
        { role: 'user', content: 'Hi' },
      ],
    });
  });

  it('has no output where the answer is not the JSON that was asked for', async () => {
    provider.reply([role(), text('{"a":'), finish('length'), done()]);
    const response = await request(chat, {
      body: { message: 'Hi', response_format: { type: 'json_object' } },
    });
    expect(response.json()).toMatchObject({ finish_reason: 'length', output: null });
  });

  it('has no output where the value is nested too deeply to be written again', async () => {
    const deep = `{"a":${'['.repeat(6_000)}${']'.repeat(6_000)}}`;
    provider.reply([role(), text(deep), finish(), done()]);
    provider.reply([role(), text(deep), finish(), done()]);
    const reading = await stream({ response_format: { type: 'json_object' } });
    await reading.ended;
    const last = reading.events.at(-1)!.json<Record<string, unknown>>();
    expect(last).toMatchObject({ done: true, error: { code: 'output_invalid' } });
    expect(last).not.toHaveProperty('output');
  });

  it('takes null for absent in a response format too, but not within a schema', async () => {
    provider.reply(answer('{}'));
    const schema = { type: 'object', properties: { a: { enum: [null] } } };
    await request(chat, {
      body: {
        message: 'Hi',
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'a', description: null, strict: null, schema },
        },
      },
    });
    expect(provider.requests.at(-1)!.body['response_format']).toEqual({
      type: 'json_schema',
      json_schema: { name: 'a', schema },
    });
  });

  it('takes null for absent', async () => {
    provider.reply(answer('a'));
    const response = await request(chat, {
      body: {
        message: 'Hi',
        messages: null,
        stream: null,
        model: null,
        model_name: null,
        session_id: null,
        max_tokens: null,
        temperature: null,
        background: null,
        response_format: null,
        include: null,
        metadata: null,
      },
    });
    expect(response.status).toBe(200);
  });

  it('sends heartbeats while the provider is silent', async () => {
    const gate = provider.gate();
    const quiet = await startService({ provider, env: { HEARTBEAT_INTERVAL: '20ms' } });
    try {
      provider.reply([role(), text('a'), gate, finish(), done()]);
      const reading = await openStream(`${quiet.url}/api/v1/chat`, {
        body: { message: 'Hi', stream: true },
      });
      expect(await reading.comment(1)).toBe('hb');
      gate.open();
      await reading.ended;
      expect(reading.text).toContain('\n\n: hb\n\n');
    } finally {
      await quiet.close();
    }
  });

  it('opens the stream without a first event once the headers have waited long enough', async () => {
    const gate = provider.gate();
    const hasty = await startService({ provider, env: { HEADERS_WAIT: '10ms' } });
    try {
      provider.reply([gate, { kind: 'respond', status: 401, headers: {}, body: '{}' }]);
      const reading = await openStream(`${hasty.url}/api/v1/chat`, {
        body: { message: 'Hi', stream: true },
      });
      expect(reading.status).toBe(200);
      gate.open();
      await reading.ended;
      expect(reading.events).toHaveLength(1);
      expect(reading.events[0]!.json()).toMatchObject({
        content: '',
        done: true,
        finish_reason: 'error',
        error: { code: 'provider_auth_failed', retryable: false },
      });
    } finally {
      await hasty.close();
    }
  });
});
