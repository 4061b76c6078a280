import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { modelsFor } from './support/config-dir.js';
import { openStream } from './support/http-client.js';
import { ASKING, KillableService, saidBy } from './support/killable-service.js';
import { chunksOf } from './support/native-chunks.js';
import type { ReceivedEvent } from './support/open-stream.js';
import { together } from './support/provider/faults.js';
import {
  answer,
  done,
  finish,
  reasoning,
  role,
  text,
  toolCall,
  toolCalls,
  usage,
} from './support/provider/steps.js';

const SYSTEM = { role: 'system', content: 'You are a test assistant.' };
const QUESTION = { role: 'user', content: 'Hi' };
const INSTRUCTION = {
  role: 'user',
  content:
    'Your answer was cut off. Go on exactly where it stopped, with the very next character: do not ' +
    'repeat any of it, and do not comment on it or on the interruption. If it was complete, say nothing.',
};

const SWITCHED =
  '{"content":"","done":false,"model":"test-model","type":"provider_switched","attempt":2}';

/** The chunk of a text, exactly. */
const chunkOf = (content: string, model = 'test-model') =>
  JSON.stringify({ content, done: false, model });

/** The data of all chunks but the last, exactly. */
const beforeTheEnd = (events: readonly ReceivedEvent[]) =>
  events.slice(0, -1).map(({ data }) => data);

describe('a run whose server was killed', () => {
  let service: KillableService;

  beforeAll(async () => {
    service = await KillableService.start((baseUrl) => {
      const { providers, models } = modelsFor(baseUrl);
      const model = models['test-model'];
      return {
        modelsYaml: {
          providers,
          models: {
            'test-model': model,
            'prefix-model': { ...model, continuation: 'prefix' },
            'none-model': { ...model, continuation: 'none' },
          },
        },
      };
    });
  });
  afterAll(() => service.close());

  const completed = (id: string) => ({
    content: '',
    done: true,
    model: 'test-model',
    run_id: id,
    session_id: null,
    finish_reason: 'stop',
    usage: expect.anything(),
    timings: { first_token_ms: expect.any(Number), total_ms: expect.any(Number) },
    attempts: 2,
  });

  describe('before it had said anything', () => {
    it('is asked afresh, and its readers see nothing of it', async () => {
      const id = await service.beginSilently();
      const { messages } = service.lastRequest.body;
      service.provider.reply(answer('Hello'));
      await service.restart();
      const events = await service.whole(id);
      expect(events.map(({ id }) => id)).toEqual(['1', '3']);
      expect(beforeTheEnd(events)).toEqual([chunkOf('Hello')]);
      expect(events.at(-1)!.json()).toEqual({
        ...completed(id),
        usage: { input_tokens: 10, output_tokens: 1, total_tokens: 11 },
        attempts: 1,
      });
      expect(messages).toEqual([SYSTEM, QUESTION]);
      expect(service.lastRequest.body.messages).toEqual(messages);
    });

    it('begins its turn again where it was cut in its reasoning', async () => {
      const run = await service.begin(reasoning('First, ', 'I '), 'First, I ');
      service.provider.reply([
        role(),
        reasoning('Once more.'),
        text('Hello'),
        finish(),
        usage(),
        done(),
      ]);
      await service.restart();
      const rest = await service.rest(run);
      expect(rest[0]!.data).toBe(SWITCHED);
      expect(saidBy(rest)).toBe('Once more.Hello');
      expect(rest.at(-1)!.json()).toEqual(completed(run.id));
      expect(service.lastRequest.body.messages).toEqual([SYSTEM, QUESTION]);
      const { text: kept } = (await service.get(`/runs/${run.id}`)).json();
      expect(kept).toBe('Hello');
    });

    it('is asked afresh where it was nothing but white space, which comes once', async () => {
      const run = await service.begin(text('\n\n'), '\n\n');
      service.provider.reply(answer('\n\nHello'));
      await service.restart();
      const rest = await service.rest(run);
      expect(beforeTheEnd(rest)).toEqual([SWITCHED, chunkOf('Hello')]);
      expect(service.lastRequest.body.messages).toEqual([SYSTEM, QUESTION]);
    });
  });

  describe('in the middle of its text', () => {
    it('is gone on with by an instruction: the partial text as it is, white space included', async () => {
      const run = await service.begin(text('The quick ', 'brown \n'), 'The quick brown \n');
      service.provider.reply(answer('fox.'));
      await service.restart();
      const rest = await service.rest(run);
      expect(beforeTheEnd(rest)).toEqual([SWITCHED, chunkOf('fox.')]);
      expect(service.lastRequest.body).toMatchObject({
        model: 'test-model',
        stream: true,
        messages: [
          SYSTEM,
          QUESTION,
          { role: 'assistant', content: 'The quick brown \n' },
          INSTRUCTION,
        ],
      });
      // Ours for the call that was cut (18 and 4), the provider's for the other (10 and 1).
      expect(rest.at(-1)!.json()).toEqual({
        ...completed(run.id),
        usage: { input_tokens: 28, output_tokens: 5, total_tokens: 33, estimated: true },
      });
    });

    it('is answered whole to one who waited for all of it, and asks again with its key', async () => {
      const headers = { 'idempotency-key': 'waiting' };
      const seen = service.provider.gate();
      service.provider.reply([role(), text('One '), seen]);
      const waiting = service.chat(ASKING, headers).catch((error: unknown) => error);
      await seen.reached;
      const [run] = (await service.get('/runs?idempotency_key=waiting')).json<{
        data: { run_id: string }[];
      }>().data;
      const reader = await openStream(`${service.url}/api/v1/runs/${run!.run_id}/stream`);
      await reader.until(() => saidBy(reader.events) === 'One ');
      service.provider.reply(answer('two'));
      await service.restart();
      expect(await waiting).toMatchObject({ code: 'ECONNRESET' });
      const again = await service.chat(ASKING, headers);
      expect(again.status).toBe(200);
      expect(again.json()).toEqual({
        message: { role: 'assistant', content: 'One two' },
        model: 'test-model',
        run_id: run!.run_id,
        session_id: null,
        finish_reason: 'stop',
        usage: { input_tokens: 28, output_tokens: 3, total_tokens: 31, estimated: true },
        timings: { first_token_ms: expect.any(Number), total_ms: expect.any(Number) },
        attempts: 2,
      });
    });

    const PARTIAL = 'One two three four';
    it.each([
      ['nothing', ' five', ' five'],
      ['7 characters, which may be chance', 'ee four five', 'ee four five'],
      ['8 characters that begin no word', 'ree four five', 'ree four five'],
      ['a word and more, of 10 characters', 'three four five', ' five'],
      ['all', 'One two three four five', ' five'],
    ])('leaves out what is said again, and only that: %s', async (_, said, kept) => {
      const run = await service.begin(text(PARTIAL), PARTIAL);
      service.provider.reply(answer(said));
      await service.restart();
      expect(beforeTheEnd(await service.rest(run))).toEqual([SWITCHED, chunkOf(kept)]);
    });

    it.each([
      ['7', 'abc def ghi', 'def ghi jkl', 'def ghi jkl'],
      ['8', 'abcd efgh ijk', 'efgh ijk lmn', ' lmn'],
    ])('counts characters from a word border: %s', async (_, partial, said, kept) => {
      const run = await service.begin(text(partial), partial);
      service.provider.reply(answer(said));
      await service.restart();
      expect(beforeTheEnd(await service.rest(run))).toEqual([SWITCHED, chunkOf(kept)]);
    });

    it('leaves out all of a partial text that is shorter than that', async () => {
      const run = await service.begin(text('One'), 'One');
      service.provider.reply(answer('One two'));
      await service.restart();
      expect(beforeTheEnd(await service.rest(run))).toEqual([SWITCHED, chunkOf(' two')]);
    });

    it('leaves out an echo that comes in many chunks', async () => {
      const run = await service.begin(text(PARTIAL), PARTIAL);
      service.provider.reply(answer(...'two three four five six'));
      await service.restart();
      const rest = await service.rest(run);
      expect(rest[0]!.data).toBe(SWITCHED);
      expect(saidBy(rest)).toBe(' five six');
      expect(chunksOf(rest).at(-1)).toEqual(completed(run.id));
    });

    it('loses nothing that was held back as an echo and became none', async () => {
      const run = await service.begin(text(PARTIAL), PARTIAL);
      service.provider.reply(answer(...'three fou', 'l'));
      await service.restart();
      const rest = await service.rest(run);
      expect(saidBy(rest)).toBe('three foul');
    });

    it('completes with the text that there is where nothing was missing', async () => {
      const run = await service.begin(text('All said.'), 'All said.');
      service.provider.reply([role(), finish(), usage(), done()]);
      await service.restart();
      const rest = await service.rest(run);
      expect(beforeTheEnd(rest)).toEqual([SWITCHED]);
      expect(rest.at(-1)!.json()).toEqual(completed(run.id));
    });

    it.each([
      ['that the provider says again', ' \n  - two', '  - two'],
      ['that it does not', '- two', '- two'],
    ])(
      'is gone on with as a prefix, without the white space at its end %s',
      async (_, said, kept) => {
        const asking = { ...ASKING, model: 'prefix-model' };
        const run = await service.begin(text('- one \n'), '- one \n', asking);
        service.provider.reply(answer(said));
        await service.restart();
        const rest = await service.rest(run);
        expect(beforeTheEnd(rest)).toEqual([
          SWITCHED.replace('test-model', 'prefix-model'),
          chunkOf(kept, 'prefix-model'),
        ]);
        expect(service.lastRequest.body.messages).toEqual([
          SYSTEM,
          QUESTION,
          { role: 'assistant', content: '- one' },
        ]);
      },
    );

    it('is never taken for an echo as a prefix', async () => {
      const asking = { ...ASKING, model: 'prefix-model' };
      const run = await service.begin(text('no no no no'), 'no no no no', asking);
      service.provider.reply(answer('no no no no'));
      await service.restart();
      expect(saidBy(await service.rest(run))).toBe('no no no no');
    });

    it('fails with its partial text where its model does not go on', async () => {
      const asking = { ...ASKING, model: 'none-model' };
      const headers = { 'idempotency-key': 'none' };
      const run = await service.begin(text('Partial'), 'Partial', asking, headers);
      const asked = service.provider.requests.length;
      await service.restart();
      const error = {
        code: 'shutting_down',
        message: 'This answer was interrupted, and its model is configured not to go on with one.',
        retryable: true,
      };
      const rest = await service.rest(run);
      expect(chunksOf(rest)).toEqual([
        {
          content: '',
          done: true,
          model: 'none-model',
          run_id: run.id,
          session_id: null,
          finish_reason: 'error',
          usage: { input_tokens: 18, output_tokens: 1, total_tokens: 19, estimated: true },
          attempts: 1,
          error,
        },
      ]);
      expect((await service.get(`/runs/${run.id}`)).json()).toMatchObject({
        state: 'failed',
        text: 'Partial',
        error,
      });
      const again = await service.chat(asking, headers);
      expect(again.status).toBe(503);
      expect(again.json()).toMatchObject({
        code: 'shutting_down',
        detail: error.message,
        run_id: run.id,
        retryable: true,
        partial: 'Partial',
      });
      expect(service.provider.requests.length).toBe(asked);
    });
  });

  describe('in the middle of a JSON value', () => {
    const asking = { ...ASKING, response_format: { type: 'json_object' } };

    it('takes a fresh answer that begins with the partial one', async () => {
      const run = await service.begin(text('{"a": [1', ', 2'), '{"a": [1, 2', asking);
      service.provider.reply(answer('{"a": [1, 2], "b": 3}'));
      await service.restart();
      const rest = await service.rest(run);
      expect(beforeTheEnd(rest)).toEqual([SWITCHED, chunkOf('], "b": 3}')]);
      expect(rest.at(-1)!.json()).toEqual({
        ...completed(run.id),
        output: { a: [1, 2], b: 3 },
      });
      expect(service.lastRequest.body.messages).toEqual([SYSTEM, QUESTION]);
      expect(service.lastRequest.body['response_format']).toEqual({ type: 'json_object' });
    });

    it.each([
      ['another one', answer('{"a": [7, 2], "b": 3}')],
      ['one that ends before', answer('{"a": [1')],
    ])('fails with its partial text where it gets %s', async (_, given) => {
      const run = await service.begin(text('{"a": [1, 2'), '{"a": [1, 2', asking);
      service.provider.reply(given);
      await service.restart();
      const rest = await service.rest(run);
      expect(beforeTheEnd(rest)).toEqual([]);
      expect(rest.at(-1)!.json()).toMatchObject({
        finish_reason: 'error',
        attempts: 2,
        error: {
          code: 'shutting_down',
          message:
            'This answer was interrupted, and the model did not go on with it but gave another one.',
          retryable: true,
        },
      });
      const { state, text: kept } = (await service.get(`/runs/${run.id}`)).json();
      expect({ state, kept }).toEqual({ state: 'failed', kept: '{"a": [1, 2' });
    });

    it('is gone on with as a prefix where the model takes one', async () => {
      const prefix = { ...asking, model: 'prefix-model' };
      const run = await service.begin(text('{"a": '), '{"a": ', prefix);
      service.provider.reply(answer('1}'));
      await service.restart();
      const rest = await service.rest(run);
      expect(saidBy(rest)).toBe('1}');
      expect(rest.at(-1)!.json()).toMatchObject({ finish_reason: 'stop', output: { a: 1 } });
    });
  });

  describe('in the arguments of a tool call', () => {
    const CUT = { id: 'call_1', name: 'add', arguments: ['{"a":', '1'] };

    it.each([
      ['before any text', '', [SYSTEM, QUESTION]],
      [
        'after some text',
        'Let me see. ',
        [SYSTEM, QUESTION, { role: 'assistant', content: 'Let me see. ' }, INSTRUCTION],
      ],
    ])('gives that call up, and a new one has an id of its own: %s', async (_, said, messages) => {
      const run = await service.begin(
        [said === '' ? [] : text(said), toolCall(CUT)],
        `${said}{"a":1`,
      );
      service.provider.reply(
        together(toolCalls({ id: 'call_1', name: 'add', arguments: ['{"a":', '2}'] })),
      );
      await service.restart();
      const rest = chunksOf(await service.rest(run));
      expect(rest[0]).toMatchObject({ type: 'provider_switched', attempt: 2 });
      expect(rest[1]).toEqual({
        content: '',
        done: false,
        model: 'test-model',
        type: 'tool_result',
        tool_result: {
          id: 'call_1',
          name: 'add',
          content: 'This call was given up: it was interrupted before it had come to an end.',
          is_error: true,
        },
      });
      const calls = rest.filter(({ type }) => type === 'tool_call');
      expect(calls).toHaveLength(1);
      const call = calls[0]!['tool_call'] as { id: string };
      expect(call).toEqual({
        id: expect.stringMatching(/^call_[0-9a-f-]{36}$/),
        name: 'add',
        arguments: { a: 2 },
      });
      const deltas = rest.filter(({ type }) => type === 'tool_call_delta');
      expect(new Set(deltas.map(({ tool_call: delta }) => (delta as { id: string }).id))).toEqual(
        new Set([call.id]),
      );
      expect(rest.at(-1)).toMatchObject({ finish_reason: 'tool_limit', attempts: 2 });
      expect(service.lastRequest.body.messages).toEqual(messages);
    });
  });
});
