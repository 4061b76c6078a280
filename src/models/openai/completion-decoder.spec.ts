import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  AnswerTooLargeError,
  EndedEarlyError,
  MalformedChunkError,
  StatedFaultError,
} from './answer-errors.js';
import { CompletionDecoder, MAX_ANSWER } from './completion-decoder.js';
import { chunk, summarise, type Summary } from './testing/answers.js';

/** The deltas of payloads that came in one read, and of the end. */
function decode(...payloads: string[]) {
  const decoder = new CompletionDecoder();
  for (const payload of payloads) decoder.decode(payload);
  decoder.end();
  return decoder.deltas.take();
}

const summary = (...payloads: string[]): Summary => summarise(decode(...payloads));
const stop = chunk({}, 'stop');
const usage = (value: unknown, choices: unknown[] = []) =>
  JSON.stringify({ choices, usage: value });

describe('CompletionDecoder', () => {
  it('makes one delta of what came together, and ends with usage and finish', () => {
    const deltas = decode(
      chunk({ role: 'assistant', content: '', refusal: null }),
      chunk({ content: 'Hel' }),
      chunk({ content: 'lo' }),
      chunk({}, 'stop'),
      usage({ prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }),
      '[DONE]',
    );
    expect(deltas).toEqual([
      { type: 'text', text: 'Hello' },
      { type: 'usage', usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 } },
      { type: 'finish', reason: 'stop' },
    ]);
  });

  it('keeps apart what was taken apart', () => {
    const decoder = new CompletionDecoder();
    decoder.decode(chunk({ content: 'a' }));
    const first = decoder.deltas.take();
    decoder.decode(chunk({ content: 'b' }));
    expect(first).toEqual([{ type: 'text', text: 'a' }]);
    expect(decoder.deltas.take()).toEqual([{ type: 'text', text: 'b' }]);
    expect(decoder.deltas.isEmpty).toBe(true);
  });

  it('keeps the order in which reasoning and text alternate', () => {
    const deltas = decode(
      chunk({ reasoning_content: 'r1' }),
      chunk({ reasoning_content: 'r2' }),
      chunk({ content: 't1' }),
      chunk({ reasoning_content: 'r3' }),
      stop,
    );
    expect(deltas.slice(0, 3)).toEqual([
      { type: 'reasoning', text: 'r1r2' },
      { type: 'text', text: 't1' },
      { type: 'reasoning', text: 'r3' },
    ]);
  });

  it('changes no character', () => {
    const text = 'a\u0000b\ud800c\u2028d\u2029e\udc00f😀\\u0041\r\n';
    expect(summary(chunk({ content: text }), stop).text).toBe(text);
  });

  it('reads only the choice with index 0', () => {
    const two = JSON.stringify({
      choices: [
        { index: 1, delta: { content: 'no' }, finish_reason: 'length' },
        { index: 0, delta: { content: 'yes' }, finish_reason: 'stop' },
      ],
    });
    const other = JSON.stringify({ choices: [{ index: 1, delta: { content: 'no' } }] });
    expect(summary(two, other)).toMatchObject({ text: 'yes', finish: 'stop' });
  });

  it('appends text that comes after the finish reason', () => {
    expect(summary(chunk({ content: 'a' }, 'stop'), chunk({ content: 'b' }), stop)).toMatchObject({
      text: 'ab',
      finish: 'stop',
    });
  });

  it.each([
    ['no choices (Azure)', '{"choices":[],"id":"","model":"","prompt_filter_results":[{}]}'],
    ['choices null', '{"choices":null}'],
    ['no choices at all', '{"id":"x"}'],
    ['an empty choice', '{"choices":[{}]}'],
    ['a null choice', '{"choices":[null]}'],
    ['a null delta', '{"choices":[{"index":0,"delta":null,"finish_reason":null}]}'],
    ['null content', chunk({ content: null, tool_calls: null, function_call: null })],
    ['a null index', '{"choices":[{"index":null,"delta":{"content":""}}]}'],
    ['numbers for content', chunk({ content: 7, reasoning: 7, tool_calls: 'x' })],
    ['a null error', '{"error":null,"choices":[]}'],
    ['a ping of another protocol', '{"type":"ping"}'],
    ['an empty payload', ''],
    [
      'obfuscation and other fields',
      chunk({ content: '' }, null, { obfuscation: 'x', usage: null }),
    ],
  ])('passes over %s', (_name, payload) => {
    expect(decode(payload, chunk({ content: 'a' }), payload, stop, payload)).toEqual([
      { type: 'text', text: 'a' },
      { type: 'finish', reason: 'stop' },
    ]);
  });

  describe('text and reasoning', () => {
    const thinking = (text: unknown) => chunk({ content: [{ type: 'thinking', thinking: text }] });

    it.each<[name: string, payload: string, said: Partial<Summary>]>([
      [
        'parts',
        chunk({
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        }),
        { text: 'ab' },
      ],
      ['a single part', chunk({ content: { type: 'text', text: 'a' } }), { text: 'a' }],
      ['parts that are strings', chunk({ content: ['a', 'b'] }), { text: 'ab' }],
      [
        'parts that are no text',
        chunk({ content: [{ type: 'reference', reference_ids: [1] }, null] }),
        { text: '' },
      ],
      [
        'thinking in parts (Mistral)',
        thinking([{ type: 'text', text: 'hm' }]),
        { reasoning: 'hm' },
      ],
      ['thinking as text', thinking('hm'), { reasoning: 'hm' }],
      [
        'a reasoning summary (Databricks)',
        chunk({
          content: [{ type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }] }],
        }),
        { reasoning: 'hm' },
      ],
      [
        'a refusal, which is the answer',
        chunk({ content: null, refusal: 'I will not.' }),
        { text: 'I will not.' },
      ],
      [
        'reasoning_content (DeepSeek)',
        chunk({ content: null, reasoning_content: 'hm' }),
        { reasoning: 'hm', text: '' },
      ],
      [
        'reasoning (OpenRouter, Groq)',
        chunk({ content: '', reasoning: 'hm' }),
        { reasoning: 'hm' },
      ],
      [
        'reasoning beside its details',
        chunk({ reasoning: 'hm', reasoning_details: [{ type: 'reasoning.text', text: 'hm' }] }),
        { reasoning: 'hm' },
      ],
      [
        'reasoning under two names',
        chunk({ reasoning: 'hm', reasoning_content: 'hm' }),
        { reasoning: 'hm' },
      ],
      [
        'reasoning_details alone',
        chunk({
          reasoning_details: [
            { type: 'reasoning.summary', summary: 'hm' },
            { type: 'reasoning.encrypted', data: 'x' },
          ],
        }),
        { reasoning: 'hm' },
      ],
      [
        'the message so far beside the delta (Perplexity)',
        JSON.stringify({
          choices: [{ index: 0, delta: { content: 'b' }, message: { content: 'ab' } }],
        }),
        { text: 'b' },
      ],
    ])('reads %s', (_name, payload, said) => {
      expect(summary(payload, stop)).toMatchObject(said);
    });

    it('reads no nest of parts that would exhaust the stack', () => {
      const nest = `${'['.repeat(100_000)}"deep"${']'.repeat(100_000)}`;
      const payload = `{"choices":[{"delta":{"reasoning_details":${nest},"content":"a"}}]}`;
      expect(summary(payload, stop)).toMatchObject({ text: 'a', reasoning: '' });
    });

    it('does not take the last message so far for new text', () => {
      const last = JSON.stringify({
        choices: [{ delta: null, message: { content: 'ab' }, finish_reason: 'stop' }],
      });
      expect(summary(chunk({ content: 'ab' }), last).text).toBe('ab');
    });
  });

  describe('usage', () => {
    const counted = { input: 3, output: 2, total: 5 };

    it.each([
      [
        'on the chunk with the finish reason',
        [chunk({}, 'stop', { usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } })],
      ],
      ['without a total', [stop, usage({ prompt_tokens: 3, completion_tokens: 2 })]],
      ['without the output', [stop, usage({ prompt_tokens: 3, total_tokens: 5 })]],
      ['without the input', [stop, usage({ completion_tokens: 2, total_tokens: 5 })]],
      [
        'cumulative on every chunk (xAI)',
        [
          usage({ prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 }),
          stop,
          usage({ prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }),
        ],
      ],
      [
        'followed by a null',
        [stop, usage({ prompt_tokens: 3, completion_tokens: 2 }), usage(null)],
      ],
      [
        'in x_groq',
        [
          JSON.stringify({
            choices: [{ delta: {}, finish_reason: 'stop' }],
            x_groq: { usage: { prompt_tokens: 3, completion_tokens: 2 } },
          }),
        ],
      ],
      [
        'in the choice (Moonshot)',
        [
          JSON.stringify({
            choices: [
              {
                delta: {},
                finish_reason: 'stop',
                usage: { prompt_tokens: 3, completion_tokens: 2 },
              },
            ],
          }),
        ],
      ],
      ['under other names', [stop, usage({ input_tokens: 3, output_tokens: 2 })]],
    ])('is read %s', (_name, payloads) => {
      expect(summary(...payloads).usage).toEqual(counted);
    });

    it('is given once', () => {
      const each = chunk({ content: 'a' }, null, {
        usage: { prompt_tokens: 3, completion_tokens: 1 },
      });
      expect(decode(each, each, stop).filter(({ type }) => type === 'usage')).toHaveLength(1);
    });

    it.each([[{}], ['5'], [[1]], [{ prompt_tokens: -1, completion_tokens: null }]])(
      'is none in %j',
      (value) => {
        expect(summary(stop, usage(value)).usage).toBeUndefined();
      },
    );

    it('keeps the total of a provider that counts more than input and output (Gemini)', () => {
      const more = usage({ prompt_tokens: 3, completion_tokens: 2, total_tokens: 50 });
      expect(summary(stop, more).usage?.total).toBe(50);
    });

    it('of a call that fails can be had before its end', () => {
      const decoder = new CompletionDecoder();
      decoder.decode(
        chunk({ content: 'a' }, null, { usage: { prompt_tokens: 3, completion_tokens: 1 } }),
      );
      decoder.addUsage();
      expect(summarise(decoder.deltas.take()).usage).toEqual({ input: 3, output: 1, total: 4 });
    });
  });

  describe('what is no chunk', () => {
    const decoding = (payload: string, event?: string) => () =>
      new CompletionDecoder().decode(payload, event);

    it.each(['{', 'Internal Server Error', '{"choices":[]}}', '{"choices":\n'])(
      '%j is malformed',
      (payload) => {
        expect(decoding(payload)).toThrow(MalformedChunkError);
      },
    );

    it.each(['null', '7', '"text"', 'true', '[1]', '[]'])(
      '%s is malformed, being no object',
      (payload) => {
        expect(decoding(payload)).toThrow(MalformedChunkError);
      },
    );

    it.each([
      ['an object', '{"error":{"message":"no","code":"x"}}', undefined],
      ['a string', '{"error":"no"}', undefined],
      ["vLLM's", '{"object":"error","message":"no","code":400}', undefined],
      ['an event of its own', '{"message":"no"}', 'error'],
      [
        'with a choice (OpenRouter)',
        chunk({ content: '' }, 'error', { error: { code: 502, message: 'no' } }),
        undefined,
      ],
      [
        'with a status (MiniMax)',
        '{"choices":null,"base_resp":{"status_code":1004,"status_msg":"no"}}',
        undefined,
      ],
    ])('%s says that the provider failed', (_name, payload, event) => {
      expect(decoding(payload, event)).toThrow(StatedFaultError);
      expect(decoding(payload, event)).toThrow('no');
    });

    it('in the choice says so too (OpenRouter)', () => {
      const failed = { code: 429, message: 'no' };
      const payload = JSON.stringify({
        choices: [{ index: 0, delta: { content: 'pa' }, finish_reason: 'error', error: failed }],
      });
      expect(decoding(payload)).toThrow(
        expect.objectContaining({ fault: expect.objectContaining({ status: 429 }) as unknown }),
      );
    });

    it('with a stop in the same chunk is no end', () => {
      const decoder = new CompletionDecoder();
      const payload = chunk({ content: 'a' }, 'stop', { error: { message: 'no' } });
      expect(() => decoder.decode(payload)).toThrow(StatedFaultError);
      expect(decoder.finished).toBe(false);
    });

    it.each([
      ['{"choices":[{"delta":{"content":"SECRET diary"', /is not JSON.*: 46 characters/],
      ['SECRET diary', /is not JSON: 12 characters/],
      ['{"a":1} SECRET diary', /is not JSON from position 8: 20 characters/],
      ['"SECRET diary"', /is not an object: 14 characters/],
    ])('%j is described and not quoted', (payload, described) => {
      expect(decoding(payload)).toThrow(described);
      expect(decoding(payload)).not.toThrow(/SECRET|diary/);
    });

    it('gives the text that came before it', () => {
      const decoder = new CompletionDecoder();
      decoder.decode(chunk({ content: 'partial' }));
      expect(() => decoder.decode('{"error":{"message":"no"}}')).toThrow(StatedFaultError);
      expect(summarise(decoder.deltas.take()).text).toBe('partial');
    });
  });

  it('meets whatever JSON with deltas or with an error of its own', () => {
    const names =
      'choices delta message content text type thinking reasoning reasoning_details usage ' +
      'prompt_tokens tool_calls function name arguments id index finish_reason error code x_groq';
    const key = fc.constantFrom(...names.split(' '));
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 7 },
        fc.constantFrom<unknown>(
          null,
          true,
          0,
          1,
          -1,
          1e99,
          '',
          'text',
          'thinking',
          'stop',
          'error',
        ),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 5 }),
        // More often than chance would have it, what a chunk looks like.
        fc.record({
          choices: fc.tuple(fc.record({ delta: tie('value'), finish_reason: tie('value') })),
        }),
        fc.record({ tool_calls: fc.array(tie('value')), content: tie('value') }),
      ),
    }));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 5 }), (values) => {
        try {
          for (const delta of decode(...values.map((one) => JSON.stringify(one)), stop)) {
            if (delta.type === 'text' || delta.type === 'reasoning')
              expect(typeof delta.text).toBe('string');
            if (delta.type === 'tool_call') expect(typeof delta.argumentsDelta).toBe('string');
          }
        } catch (error) {
          const known = [
            MalformedChunkError,
            StatedFaultError,
            EndedEarlyError,
            AnswerTooLargeError,
          ];
          if (!known.some((one) => error instanceof one)) throw error;
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([' [DONE]', '[DONE] ', '\t[DONE]'])('knows the end mark %j', (mark) => {
    const decoder = new CompletionDecoder();
    decoder.decode(mark);
    expect(decoder.done).toBe(true);
  });

  it.each(['null', 'none', 'None'])('goes on after a finish reason %j', (none) => {
    expect(() => decode(chunk({ content: 'a' }, none))).toThrow(EndedEarlyError);
    expect(summary(chunk({ content: 'a' }, none), chunk({ content: 'b' }, 'length'))).toMatchObject(
      { text: 'ab', finish: 'length' },
    );
  });

  it('keeps its finish when a failure follows', () => {
    const failed = chunk({}, 'error', { error: { message: 'no' } });
    const decoder = new CompletionDecoder();
    decoder.decode(chunk({ content: 'a' }, 'stop'));
    expect(() => decoder.decode(failed)).toThrow(StatedFaultError);
    decoder.end();
    expect(summarise(decoder.deltas.take())).toMatchObject({ text: 'a', finish: 'stop' });
  });

  describe('an answer without end', () => {
    const long = 'x'.repeat(MAX_ANSWER / 8);

    it.each([
      ['text', chunk({ content: long })],
      ['reasoning', chunk({ reasoning: long })],
      ['arguments', chunk({ tool_calls: [{ id: 'c', function: { name: 'f', arguments: long } }] })],
      ['arguments of no call', chunk({ tool_calls: [{ function: { arguments: long } }] })],
      ['ids', chunk({ tool_calls: [{ index: 0, id: long }] })],
    ])('of %s is refused, taken or not', (_name, payload) => {
      const decoder = new CompletionDecoder();
      for (let piece = 0; piece < 7; piece++) {
        decoder.decode(payload);
        decoder.deltas.take();
      }
      expect(() => {
        decoder.decode(payload);
        decoder.decode(payload);
      }).toThrow(AnswerTooLargeError);
    });
  });

  it('reads two payloads between which the blank line is missing', () => {
    expect(
      summary(`${chunk({ content: 'a' })}\n${chunk({ content: 'b' }, 'stop')}\n[DONE]`).text,
    ).toBe('ab');
  });

  describe('the end', () => {
    it('without a finish reason is an error, whatever came before', () => {
      for (const payloads of [[], [chunk({ content: 'a' })], [chunk({ content: 'a' }), '[DONE]']]) {
        expect(() => decode(...payloads)).toThrow(EndedEarlyError);
      }
    });

    it.each(['error', 'insufficient_system_resource', 'network_error', 'abort'])(
      'with the finish reason %j is an error',
      (reason) => {
        expect(() => decode(chunk({ content: 'a' }), chunk({}, reason))).toThrow(EndedEarlyError);
      },
    );

    it('needs no [DONE]', () => {
      expect(summary(chunk({ content: 'a' }, 'stop')).finish).toBe('stop');
    });
  });

  describe('a whole document', () => {
    const document = (value: unknown) => {
      const decoder = new CompletionDecoder();
      decoder.decodeDocument(JSON.stringify(value, null, 2));
      decoder.end();
      return summarise(decoder.deltas.take());
    };

    it('of a server that does not stream is an answer', () => {
      const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } };
      const message = {
        role: 'assistant',
        content: 'a',
        reasoning_content: 'hm',
        tool_calls: [call],
      };
      const body = {
        object: 'chat.completion',
        choices: [{ index: 0, message, finish_reason: 'tool_calls' }],
        usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
      };
      expect(document(body)).toEqual({
        text: 'a',
        reasoning: 'hm',
        toolCalls: [{ id: 'call_1', name: 'f', arguments: '{}' }],
        finish: 'tool_calls',
        usage: { input: 3, output: 2, total: 5 },
      });
    });

    it('may be an error, in an array too (Gemini)', () => {
      expect(() => document({ error: { message: 'no' } })).toThrow(StatedFaultError);
      expect(() => document([{ error: { message: 'no' } }])).toThrow(StatedFaultError);
    });

    it('of anything else is malformed', () => {
      for (const value of [{ hello: 1 }, {}, [], null])
        expect(() => document(value)).toThrow(MalformedChunkError);
    });
  });
});
