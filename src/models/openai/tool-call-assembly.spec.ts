import { describe, expect, it } from '@jest/globals';
import { AnswerTooLargeError } from './answer-errors.js';
import { CompletionDecoder } from './completion-decoder.js';
import { chunk, summarise } from './testing/answers.js';
import { MAX_CALLS } from './tool-call-assembly.js';

/** The deltas of chunks whose `tool_calls` are these, one read each. */
function reads(...chunks: object[][]) {
  const decoder = new CompletionDecoder();
  const deltas = chunks.flatMap((calls) => {
    decoder.decode(chunk({ tool_calls: calls }));
    return [...decoder.deltas.take()];
  });
  decoder.decode(chunk({}, 'tool_calls'));
  decoder.end();
  return [...deltas, ...decoder.deltas.take()];
}

const calls = (...chunks: object[][]) => summarise(reads(...chunks)).toolCalls;
const piece = (args: unknown, rest: object = {}, name?: string) => ({
  ...rest,
  function: { ...(name !== undefined && { name }), arguments: args },
});

describe('tool calls', () => {
  it('open with id and name and go on with pieces of their arguments', () => {
    const deltas = reads(
      [piece('', { index: 0, id: 'call_1', type: 'function' }, 'weather')],
      [piece('{"city":', { index: 0 })],
      [piece('"Rome"}', { index: 0 })],
    );
    expect(deltas).toEqual([
      { type: 'tool_call', index: 0, id: 'call_1', name: 'weather', argumentsDelta: '' },
      { type: 'tool_call', index: 0, argumentsDelta: '{"city":' },
      { type: 'tool_call', index: 0, argumentsDelta: '"Rome"}' },
      { type: 'finish', reason: 'tool_calls' },
    ]);
  });

  it('keep what their provider wants back with them, whenever it comes', () => {
    const extra_content = { google: { thought_signature: 'x' } };
    const deltas = reads(
      [piece('{}', { index: 0, id: 'a', extra_content }, 'f')],
      [piece('{', { index: 1, id: 'b' }, 'g')],
      [piece('}', { index: 1, extra_content })],
    );
    expect(deltas.slice(0, -1)).toEqual([
      {
        type: 'tool_call',
        index: 0,
        id: 'a',
        name: 'f',
        argumentsDelta: '{}',
        extra: extra_content,
      },
      { type: 'tool_call', index: 1, id: 'b', name: 'g', argumentsDelta: '{' },
      { type: 'tool_call', index: 1, argumentsDelta: '}', extra: extra_content },
    ]);
  });

  it('join the pieces that came in one read', () => {
    const decoder = new CompletionDecoder();
    decoder.decode(chunk({ tool_calls: [piece('', { index: 0, id: 'c' }, 'f')] }));
    decoder.decode(chunk({ tool_calls: [piece('{"a"', { index: 0 })] }));
    decoder.decode(chunk({ tool_calls: [piece(':1}', { index: 0 })] }));
    expect(decoder.deltas.take()).toEqual([
      { type: 'tool_call', index: 0, id: 'c', name: 'f', argumentsDelta: '{"a":1}' },
    ]);
  });

  const one = [{ id: 'c', name: 'f', arguments: '{"a":1}' }];
  const two = [
    { id: 'c', name: 'f', arguments: '{"a":1}' },
    { id: 'd', name: 'g', arguments: '{"b":2}' },
  ];

  it.each<[name: string, chunks: object[][], expected: object[]]>([
    [
      'an empty id after the first piece (DashScope)',
      [[piece('{"a"', { index: 0, id: 'c' }, 'f')], [piece(':1}', { index: 0, id: '' })]],
      one,
    ],
    [
      'a new id with each piece (older vLLM)',
      [[piece('{"a"', { index: 0, id: 'c' }, 'f')], [piece(':1}', { index: 0, id: 'x' })]],
      one,
    ],
    [
      'the id and name repeated',
      [[piece('{"a"', { index: 0, id: 'c' }, 'f')], [piece(':1}', { index: 0, id: 'c' }, 'f')]],
      one,
    ],
    [
      'the name repeated without an id',
      [[piece('{"a"', { index: 0, id: 'c' }, 'f')], [piece(':1}', { index: 0 }, 'f')]],
      one,
    ],
    [
      'the id later than the name',
      [[piece('{"a"', { index: 0 }, 'f')], [piece(':1}', { index: 0, id: 'c' })]],
      one,
    ],
    [
      'the name later than the id',
      [[piece('{"a"', { index: 0, id: 'c' })], [piece(':1}', { index: 0 }, 'f')]],
      one,
    ],
    ['arguments as an object', [[piece({ a: 1 }, { index: 0, id: 'c' }, 'f')]], one],
    [
      'null arguments',
      [[piece(null, { index: 0, id: 'c' }, 'f')], [piece('{"a":1}', { index: 0 })]],
      one,
    ],
    ['no index', [[piece('{"a"', { id: 'c' }, 'f')], [piece(':1}')]], one],
    [
      'no index, whole calls in one chunk (Gemini)',
      [[piece('{"a":1}', { id: 'c' }, 'f'), piece('{"b":2}', { id: 'd' }, 'g')]],
      two,
    ],
    [
      'no index, whole calls in chunks of their own',
      [[piece('{"a":1}', { id: 'c' }, 'f')], [piece('{"b":2}', { id: 'd' }, 'g')]],
      two,
    ],
    [
      'one index for all (Ollama)',
      [
        [piece('{"a":1}', { index: 0, id: 'c' }, 'f')],
        [piece('{"b"', { index: 0, id: 'd' }, 'g')],
        [piece(':2}', { index: 0 })],
      ],
      two,
    ],
    [
      'pieces of two calls in turn',
      [
        [piece('{"a"', { index: 0, id: 'c' }, 'f'), piece('{"b"', { index: 1, id: 'd' }, 'g')],
        [piece(':2}', { index: 1 })],
        [piece(':1}', { index: 0 })],
      ],
      two,
    ],
    [
      'entries that are no calls',
      [[piece('{"a":1}', { index: 0, id: 'c' }, 'f'), 7 as never, null as never]],
      one,
    ],
  ])('are put together with %s', (_name, chunks, expected) => {
    expect(calls(...chunks)).toEqual(expected);
  });

  it('without any id get one, each its own', () => {
    const [first, second] = calls([piece('{}', {}, 'f'), piece('{}', {}, 'g')]);
    expect(first).toMatchObject({ name: 'f', arguments: '{}' });
    expect(second).toMatchObject({ name: 'g', arguments: '{}' });
    expect(first?.id).toMatch(/^call_.+/);
    expect(second?.id).not.toBe(first?.id);
  });

  it.each([1.5, 1e15, 1e308, -1])('are numbered by us where the index is %j', (index) => {
    const deltas = reads([
      piece('{}', { index, id: 'c' }, 'f'),
      piece('{}', { index, id: 'd' }, 'g'),
    ]);
    expect(deltas).toMatchObject([{ index: 0 }, { index: 1 }, { type: 'finish' }]);
  });

  it('are as many as any answer has, each with a number of its own', () => {
    const many = Array.from({ length: MAX_CALLS }, (_, at) => piece('{}', { id: `c${at}` }, 'f'));
    const deltas = reads([piece('{}', { index: 7, id: 'first' }, 'f')], many.slice(1));
    const numbers = deltas.flatMap((delta) => (delta.type === 'tool_call' ? [delta.index] : []));
    expect(new Set(numbers).size).toBe(MAX_CALLS);
    expect(() => reads(many, [piece('{}', { id: 'more' }, 'f')])).toThrow(AnswerTooLargeError);
  });

  it('whose arguments would exhaust the stack are refused', () => {
    const nest = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const payload = `{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":${nest}}}]}}]}`;
    expect(() => new CompletionDecoder().decode(payload)).toThrow(AnswerTooLargeError);
  });

  it('of the old kind are read', () => {
    const decoder = new CompletionDecoder();
    decoder.decode(chunk({ function_call: { name: 'f', arguments: '{"a"' } }));
    decoder.decode(chunk({ function_call: { arguments: ':1}' } }));
    decoder.decode(chunk({}, 'function_call'));
    decoder.end();
    const { toolCalls, finish } = summarise(decoder.deltas.take());
    expect(toolCalls).toMatchObject([{ name: 'f', arguments: '{"a":1}' }]);
    expect(finish).toBe('tool_calls');
  });

  it('make a stop into tool_calls', () => {
    const decoder = new CompletionDecoder();
    decoder.decode(chunk({ tool_calls: [piece('{}', { index: 0, id: 'c' }, 'f')] }));
    decoder.decode(chunk({}, 'stop'));
    decoder.end();
    expect(summarise(decoder.deltas.take()).finish).toBe('tool_calls');
  });

  it('cut by the limit keep their length', () => {
    const decoder = new CompletionDecoder();
    decoder.decode(chunk({ tool_calls: [piece('{"a', { index: 0, id: 'c' }, 'f')] }, 'length'));
    decoder.end();
    expect(summarise(decoder.deltas.take()).finish).toBe('length');
  });
});
