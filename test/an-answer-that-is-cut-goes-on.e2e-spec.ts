import { afterEach, describe, expect, it } from '@jest/globals';
import { continuing } from './support/provider/continuing.js';
import { drop, htmlPage, httpError, rateLimited, together } from './support/provider/faults.js';
import type { Script } from './support/provider/script.js';
import {
  answer,
  chunk,
  done,
  errorChunk,
  finish,
  malformed,
  raw,
  reasoning,
  role,
  text,
  toolCall,
  usage,
} from './support/provider/steps.js';
import type { ScriptedProvider } from './support/scripted-provider.js';
import {
  QUESTION,
  said,
  ServiceWithFallback,
  switched,
  SYSTEM,
  told,
  type FallbackOptions,
} from './support/service-with-fallback.js';

const SECRET = 'what the provider says of sk-main-key';
const RATE = { message: SECRET, type: 'rate_limit_error', code: 'rate_limit_exceeded' };
const INSTRUCTION = { role: 'user', content: expect.stringContaining('Go on exactly where') };
const JSON_FORMAT = { response_format: { type: 'json_object' } };

/** What cuts an answer; whether its provider is the first to go on with it. */
const CUTS: [string, Script, boolean][] = [
  ['drops the connection', drop(), true],
  ['ends without a finish_reason', done(), true],
  ['ends without a finish_reason and without [DONE]', [], true],
  ['says that it failed', errorChunk({ message: SECRET }), true],
  ['says that our rate is limited', errorChunk(RATE), true],
  ['sends a half line', [raw('data: {"choices":[{"delta":{"content":"lost"'), drop()], true],
  ['sends what is no JSON', malformed(), false],
  ['sends an endless line', raw(`data: ${'x'.repeat(9_000_000)}`), false],
];

describe('an answer that is cut', () => {
  let pair: ServiceWithFallback;
  let pending: ServiceWithFallback | undefined;

  async function start(options: FallbackOptions = {}): Promise<void> {
    pending = pair = await ServiceWithFallback.start({ retryBudget: '15s', ...options });
  }
  afterEach(async () => {
    await pending?.close();
    pending = undefined;
  });

  const cut = (...pieces: readonly string[]): Script => [role(), text(...pieces), drop()];
  const given = ({ requests }: ScriptedProvider) => requests.map(({ body }) => body.messages);
  const gone = (partial: string) => [
    SYSTEM,
    QUESTION,
    { role: 'assistant', content: partial },
    INSTRUCTION,
  ];

  describe('where a provider', () => {
    it.each(CUTS)(
      '%s goes on with the same one, or else with the next',
      async (_, script, same) => {
        await start();
        const next = same ? pair.main : pair.spare;
        for (let way = 0; way < 2; way += 1) {
          pair.main.reply([role(), text('The quick '), script]);
          next.reply(answer('brown fox.'));
        }

        const { reading, data, last } = await pair.read();
        expect(reading.status).toBe(200);
        expect(data).toEqual([said('The quick '), switched(2), said('brown fox.')]);
        expect(last).toEqual({
          content: '',
          done: true,
          model: 'main',
          run_id: reading.headers['x-run-id'],
          session_id: null,
          finish_reason: 'stop',
          // Ours for the call that was cut, the provider's for the other.
          usage: { input_tokens: 28, output_tokens: 4, total_tokens: 32, estimated: true },
          timings: { first_token_ms: expect.any(Number), total_ms: expect.any(Number) },
          attempts: 2,
        });
        const document = await pair.ask();
        expect(document.json()).toMatchObject({
          message: { role: 'assistant', content: 'The quick brown fox.' },
          model: 'main',
          finish_reason: 'stop',
          usage: last['usage'],
          attempts: 2,
        });
        expect(given(next).at(-1)).toEqual(gone('The quick '));
        expect([pair.main.requests.length, pair.spare.requests.length]).toEqual(
          same ? [4, 0] : [2, 2],
        );
      },
    );

    it('talks nonsense is asked again where there is no other', async () => {
      await start();
      pair.main.reply([role(), text('The quick '), malformed()]).reply(answer('brown fox.'));
      const { data } = await pair.read({ model: 'alone' });
      const [first, second, third] = data;
      expect([first, third]).toEqual([said('The quick ', 'alone'), said('brown fox.', 'alone')]);
      expect(second).toBe(told('provider_switched', { attempt: 2 }, 'alone'));
    });

    it('has nothing to say after its finish_reason has answered', async () => {
      await start();
      pair.main.reply([role(), text('The quick brown fox.'), finish(), drop()]);
      const { data, last } = await pair.read();
      expect(data).toEqual([said('The quick brown fox.')]);
      expect(last).toMatchObject({ finish_reason: 'stop', attempts: 1 });
      expect(pair.main.requests).toHaveLength(1);
    });
  });

  describe('on the way to its end', () => {
    it('is tried to be gone on with as any call is, and only what comes of it is told', async () => {
      await start();
      pair.main
        .reply(cut('The quick '))
        .reply(httpError(500))
        .reply(drop())
        .reply(answer('brown fox.'));
      const { data, last } = await pair.read();
      expect(data).toEqual([said('The quick '), switched(4), said('brown fox.')]);
      expect(last).toMatchObject({ finish_reason: 'stop', attempts: 4 });
      expect(given(pair.main).slice(1)).toEqual(Array(3).fill(gone('The quick ')));
    });

    it.each([
      ['refuses us', httpError(401)],
      ['wants to be left alone', rateLimited(3_600)],
      ['sends a page', htmlPage(200)],
    ])('goes to the next model where the same %s', async (_, script) => {
      await start();
      pair.main.reply(cut('The quick ')).reply(script);
      pair.spare.reply(answer('brown fox.'));
      const { data, last } = await pair.read();
      expect(data).toEqual([said('The quick '), switched(3), said('brown fox.')]);
      expect(last).toMatchObject({ finish_reason: 'stop', attempts: 3 });
      const [request] = pair.spare.requests;
      expect(request!.body).toMatchObject({ model: 'spare-small', messages: gone('The quick ') });
      expect(request!.headers.authorization).toBe('Bearer spare-key');
    });

    it('comes back from a fallback that is cut too', async () => {
      await start({ retryBudget: '0' });
      // Each is asked to go on with what it has cut itself, before the other is.
      pair.main.reply(cut('One ')).reply(httpError(500));
      pair.spare.reply(cut('two ')).reply(httpError(500));
      pair.main.reply(cut('three ')).reply(httpError(500));
      pair.spare.reply(answer('four.'));
      const { data, last } = await pair.read();
      expect(data).toEqual([
        said('One '),
        switched(3),
        said('two '),
        switched(5),
        said('three '),
        switched(7),
        said('four.'),
      ]);
      expect(last).toMatchObject({ finish_reason: 'stop', attempts: 7 });
      expect(given(pair.main).slice(1)).toEqual([
        gone('One '),
        gone('One two '),
        gone('One two three '),
      ]);
      expect(given(pair.spare)).toEqual([gone('One '), gone('One two '), gone('One two three ')]);
    });

    it('is gone on with by the same, though there is no time to try anything again', async () => {
      await start({ retryBudget: '0' });
      pair.main.reply(cut('The quick ')).reply(answer('brown fox.'));
      const { data, last } = await pair.read();
      expect(data).toEqual([said('The quick '), switched(2), said('brown fox.')]);
      expect(last).toMatchObject({ attempts: 2 });
    });

    it('drops an echo, that of a fallback too', async () => {
      await start({ retryBudget: '0' });
      const truth = 'The quick brown fox jumps over the lazy dog.';
      pair.main.reply(cut('The quick brown fox ')).reply(httpError(401));
      pair.spare.always(continuing(truth, { echo: 16, piece: 3 }));
      const { message } = (await pair.ask()).json<{ message: { content: string } }>();
      expect(message.content).toBe(truth);
    });

    it('counts a call that said nothing but an echo, and does not tell of it', async () => {
      await start();
      pair.main
        .reply(cut('The quick brown fox '))
        .reply(cut('quick brown'))
        .reply(answer('jumps.'));
      const { data, last } = await pair.read();
      expect(data).toEqual([said('The quick brown fox '), switched(3), said('jumps.')]);
      expect(last).toMatchObject({ attempts: 3 });
    });

    it('is the same for those who come later', async () => {
      await start();
      pair.main.reply(cut('The quick ')).reply(answer('brown fox.'));
      const { reading } = await pair.read();
      const again = await pair.follow(String(reading.headers['x-run-id']));
      expect(again.reading.text).toBe(reading.text);
      expect(reading.events.map(({ id }) => id)).toEqual(['1', '2', '3', '5']);
    });

    it('is told in the log, call by call', async () => {
      await start();
      pair.main.reply(cut('The quick ')).reply(httpError(401));
      pair.spare.reply(answer('brown fox.'));
      await pair.ask();
      await pair.service.log.until(({ msg }) => msg === 'run finished');
      const lines = pair.service.logs.filter(({ msg }) => msg === 'model call failed');
      expect(lines).toMatchObject([
        { level: 'warn', attempt: 1, code: 'provider_unavailable', next_model: 'main' },
        { level: 'warn', attempt: 2, code: 'provider_auth_failed', next_model: 'spare' },
      ]);
      expect(pair.service.log.text).not.toContain('The quick');
    });
  });

  describe('is given up', () => {
    const failed = (code: string, attempts: number) => ({
      content: '',
      done: true,
      model: 'main',
      run_id: expect.any(String),
      session_id: null,
      finish_reason: 'error',
      usage: expect.objectContaining({ estimated: true }),
      attempts,
      error: { code, message: expect.stringContaining('Main'), retryable: true },
    });

    it('after so many continuations as are configured, with the text so far', async () => {
      await start({ env: { MAX_CONTINUATIONS: '2' } });
      for (const piece of ['One ', 'two ', 'three ']) pair.main.reply(cut(piece));
      const { data, last } = await pair.read();
      expect(data).toEqual([said('One '), switched(2), said('two '), switched(3), said('three ')]);
      expect(last).toEqual(failed('provider_unavailable', 3));
      expect(pair.main.requests).toHaveLength(3);

      for (const piece of ['One ', 'two ', 'three ']) pair.main.reply(cut(piece));
      const document = await pair.ask();
      expect(document.status).toBe(503);
      expect(document.json()).toMatchObject({
        code: 'provider_unavailable',
        retryable: true,
        partial: 'One two three ',
      });
    });

    it('where nobody goes on with it, by the code of what has cut it', async () => {
      await start({ retryBudget: '0' });
      pair.main.reply([role(), text('One '), errorChunk(RATE)]).reply(httpError(401));
      pair.spare.reply(httpError(500));
      const { data, last } = await pair.read();
      expect(data).toEqual([said('One ')]);
      expect(last).toEqual(failed('provider_rate_limited', 3));
      expect(pair.main.requests).toHaveLength(2);
      expect(pair.spare.requests).toHaveLength(1);
    });

    it('as retryable, although what has cut it is not', async () => {
      await start({ env: { MAX_CONTINUATIONS: '0' } });
      pair.main.reply([role(), text('One '), malformed()]);
      const { data, last } = await pair.read();
      expect(data).toEqual([said('One ')]);
      expect(last).toEqual(failed('stream_malformed', 1));
    });

    it('where a content filter refuses to go on', async () => {
      await start();
      pair.main.reply(cut('One ')).reply(httpError(400, { code: 'content_filter' }));
      const { data, last } = await pair.read();
      expect(data).toEqual([said('One ')]);
      expect(last).toEqual(failed('provider_unavailable', 2));
      expect(pair.spare.requests).toHaveLength(0);
    });

    it('where its model is configured to go on with none', async () => {
      await start({ main: { continuation: 'none' } });
      pair.main.reply(cut('One '));
      const { data, last } = await pair.read();
      expect(data).toEqual([said('One ')]);
      expect(last).toEqual(failed('provider_unavailable', 1));
      expect(pair.main.requests).toHaveLength(1);
      expect(pair.spare.requests).toHaveLength(0);
    });

    it('by no fallback that is configured to go on with none', async () => {
      await start({ retryBudget: '0', spare: { continuation: 'none' } });
      pair.main.reply(cut('One ')).reply(httpError(401));
      const { data, last } = await pair.read();
      expect(data).toEqual([said('One ')]);
      expect(last).toEqual(failed('provider_unavailable', 2));
      expect(pair.spare.requests).toHaveLength(0);
      // One that has said nothing is no answer to go on with.
      pair.main.reply(httpError(500));
      pair.spare.reply(answer('Hello'));
      expect((await pair.ask()).json()).toMatchObject({ attempts: 2 });
    });
  });

  describe('in its reasoning', () => {
    it('is asked for afresh, whatever the mode', async () => {
      await start({ main: { continuation: 'none' } });
      pair.main
        .reply([role(), reasoning('First, I'), drop()])
        .reply([role(), reasoning('Once more.'), text('Hello'), finish(), usage(), done()]);
      const { data, last } = await pair.read();
      expect(data).toEqual([
        told('reasoning', { reasoning: 'First, I' }),
        switched(2),
        told('reasoning', { reasoning: 'Once more.' }),
        said('Hello'),
      ]);
      expect(last).toMatchObject({ finish_reason: 'stop', attempts: 2 });
      expect(given(pair.main)).toEqual([
        [SYSTEM, QUESTION],
        [SYSTEM, QUESTION],
      ]);
    });

    it('shows nothing of it to a reader who wants no reasoning but that it was cut', async () => {
      await start();
      pair.main.reply([role(), reasoning('First, I'), drop()]).reply(answer('Hello'));
      const { data } = await pair.read({ include: [] });
      expect(data).toEqual([switched(2), said('Hello')]);
    });
  });

  describe('in the arguments of a tool call', () => {
    const begun = (call: object, text: string) =>
      told('tool_call_delta', { tool_call: { ...call, arguments_delta: text } });
    const givenUp = (call: object) =>
      told('tool_result', {
        tool_result: {
          ...call,
          content: 'This call was given up: it was interrupted before it had come to an end.',
          is_error: true,
        },
      });

    it('gives that call up, and a new one has a new id', async () => {
      await start();
      const call = { id: 'call_1', name: 'add' };
      pair.main
        .reply([role(), together(toolCall({ ...call, arguments: ['{"a"'] })), drop()])
        .reply([
          role(),
          together(toolCall({ ...call, arguments: ['{"a":1}'] })),
          finish('tool_calls'),
          usage(),
          done(),
        ]);
      const { data, last } = await pair.read();
      const parsed = data.map((one) => JSON.parse(one) as { tool_call?: { id: string } });
      const id = parsed.at(-1)!.tool_call!.id;
      expect(id).not.toBe('call_1');
      expect(data).toEqual([
        begun(call, '{"a"'),
        switched(2),
        givenUp(call),
        told('tool_call_delta', { tool_call: { id, name: 'add', arguments_delta: '{"a":1}' } }),
        told('tool_call', { tool_call: { id, name: 'add', arguments: { a: 1 } } }),
      ]);
      expect(last).toMatchObject({ finish_reason: 'tool_limit', attempts: 2 });
      expect(given(pair.main)[1]).toEqual([SYSTEM, QUESTION]);
    });

    it('gives that call up where the run ends with it', async () => {
      await start({ env: { MAX_CONTINUATIONS: '0' } });
      const call = { id: 'call_1', name: 'add' };
      pair.main.reply([role(), together(toolCall({ ...call, arguments: ['{"a"'] })), drop()]);
      const { data, last } = await pair.read();
      expect(data).toEqual([begun(call, '{"a"'), givenUp(call)]);
      expect(last).toMatchObject({ finish_reason: 'error', attempts: 1 });
    });
  });

  describe('of JSON', () => {
    it('goes on where a model takes a prefix', async () => {
      await start({ main: { continuation: 'prefix' } });
      pair.main.reply(cut('{"a": 1')).reply(answer(', "b": 2}'));
      const { data, last } = await pair.read(JSON_FORMAT);
      expect(data).toEqual([said('{"a": 1'), switched(2), said(', "b": 2}')]);
      expect(last).toMatchObject({ output: { a: 1, b: 2 }, attempts: 2 });
      expect(given(pair.main)[1]).toEqual([
        SYSTEM,
        QUESTION,
        { role: 'assistant', content: '{"a": 1' },
      ]);
    });

    it('takes a fresh answer that begins as the first did', async () => {
      await start();
      pair.main.reply(cut('{"a": 1')).reply(answer('{"a"', ': 1, "b": 2}'));
      const { data, last } = await pair.read(JSON_FORMAT);
      const texts = data.map((one) => (JSON.parse(one) as { content: string }).content);
      expect(data.slice(0, 2)).toEqual([said('{"a": 1'), switched(2)]);
      expect(texts.join('')).toBe('{"a": 1, "b": 2}');
      expect(last).toMatchObject({ output: { a: 1, b: 2 }, attempts: 2 });
      expect(given(pair.main)[1]).toEqual([SYSTEM, QUESTION]);
    });

    it('takes no other', async () => {
      await start();
      pair.main.reply(cut('{"a": 1')).reply(answer('{"b": 2}'));
      const { data, last } = await pair.read(JSON_FORMAT);
      expect(data).toEqual([said('{"a": 1')]);
      expect(last).toMatchObject({
        finish_reason: 'error',
        attempts: 2,
        error: { code: 'provider_unavailable', retryable: true },
      });
      expect(last).not.toHaveProperty('output');
    });
  });

  describe('with white space at its end', () => {
    it.each(['\n\nTwo', 'Two'])('goes on by prefix with %j, and keeps the joint', async (rest) => {
      await start({ main: { continuation: 'prefix' } });
      pair.main.reply(cut('One\n\n')).reply(answer(rest));
      const { message } = (await pair.ask()).json<{ message: { content: string } }>();
      expect(message.content).toBe('One\n\nTwo');
      expect(given(pair.main)[1]!.at(-1)).toEqual({ role: 'assistant', content: 'One' });
    });
  });

  describe('counts tokens', () => {
    it('by what its providers told before the cut', async () => {
      await start();
      const soFar = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
      pair.main
        .reply([role(), text('The '), chunk({ usage: soFar }), drop()])
        .reply(answer('fox.'));
      const { last } = await pair.read();
      expect(last['usage']).toEqual({ input_tokens: 17, output_tokens: 4, total_tokens: 21 });
    });

    it('and gives the next call what is left of the most', async () => {
      await start();
      pair.main.reply(cut('one two three')).reply(answer('.'));
      await pair.ask({ max_tokens: 10 });
      expect(pair.main.requests.map(({ body }) => body['max_tokens'])).toEqual([10, 7]);
    });

    it('and ends where nothing is left', async () => {
      await start();
      pair.main.reply(cut('one two three'));
      const { data, last } = await pair.read({ max_tokens: 3 });
      expect(data).toEqual([said('one two three')]);
      expect(last).toMatchObject({ finish_reason: 'length', attempts: 1 });
      expect(pair.main.requests).toHaveLength(1);
    });
  });

  describe('can be cancelled', () => {
    it('while it waits to be gone on with', async () => {
      await start({ retryBudget: '2m' });
      pair.main.reply(cut('One ')).reply(rateLimited(60));
      const begun = await pair.ask({ background: true });
      const { run_id: id } = begun.json<{ run_id: string }>();
      await pair.service.log.until(
        ({ msg, attempt }) => msg === 'model call failed' && attempt === 2,
      );
      const cancelled = await pair.cancel(id);
      expect(cancelled.json()).toMatchObject({ state: 'cancelled', text: 'One ', error: null });
      expect(pair.main.requests).toHaveLength(2);
      const { data, last } = await pair.follow(id);
      expect(data).toEqual([said('One ')]);
      expect(last).toMatchObject({ finish_reason: 'cancelled', attempts: 2 });
    });

    it('while it is gone on with: the provider’s socket closes, and the text is kept', async () => {
      await start();
      const gate = pair.main.gate();
      pair.main.reply(cut('One ')).reply([role(), text('two '), gate]);
      const reading = await pair.open();
      await reading.event(2);
      const id = String(reading.headers['x-run-id']);
      const cancelled = await pair.cancel(id);
      expect(cancelled.json()).toMatchObject({ state: 'cancelled', text: 'One two ' });
      expect(await pair.main.requests[1]!.closed).toBe('left');
      expect(await reading.ended).toBe('end');
      expect(reading.events.slice(0, 3).map((event) => event.data)).toEqual([
        said('One '),
        switched(2),
        said('two '),
      ]);
      expect(reading.events.at(-1)!.json()).toMatchObject({
        finish_reason: 'cancelled',
        attempts: 2,
      });
    });
  });

  it('belongs to its session as any other', async () => {
    await start();
    pair.main.reply(cut('The quick ')).reply(answer('brown fox.')).reply(answer('Yes.'));
    const asked = await pair.ask({ messages: null, message: 'Hi' });
    const { session_id: session } = asked.json<{ session_id: string }>();
    await pair.ask({ messages: null, message: 'Sure?', session_id: session });
    expect(given(pair.main).at(-1)).toEqual([
      SYSTEM,
      QUESTION,
      { role: 'assistant', content: 'The quick brown fox.' },
      { role: 'user', content: 'Sure?' },
    ]);
  });
});
