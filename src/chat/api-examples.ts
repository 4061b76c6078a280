const RUN = '0198c2a4-7d3e-7c55-9f0a-2b1f6c1d9e21';
const SESSION = '0198c2a4-7d3f-7001-8a52-6a1d1f3b0c44';

const conversation = [
  { role: 'system', content: 'Answer in one sentence.' },
  { role: 'user', content: 'What can you do?' },
];

/** Bodies of `POST /api/v1/chat`. Each can be sent as it stands. */
export const REQUEST_EXAMPLES = {
  json: {
    summary: 'One JSON document',
    value: { message: 'What can you do?' },
  },
  stream: {
    summary: 'Token by token',
    value: { message: 'What can you do?', stream: true },
  },
  conversation: {
    summary: 'A whole conversation, as the older clients send it',
    value: {
      messages: conversation,
      model_name: 'offline/assistant',
      max_tokens: 100,
      stream: true,
    },
  },
  background: {
    summary: 'A run that goes on by itself',
    value: { message: 'What can you do?', background: true, metadata: { ticket: '4711' } },
  },
  output: {
    summary: 'An answer that follows a JSON schema (not with the offline assistant)',
    value: {
      message: 'Which colours has the flag of Italy?',
      response_format: {
        type: 'json_schema',
        json_schema: {
          name: 'colours',
          strict: true,
          schema: {
            type: 'object',
            properties: { colours: { type: 'array', items: { type: 'string' } } },
            required: ['colours'],
            additionalProperties: false,
          },
        },
      },
    },
  },
};

const usage = { input_tokens: 23, output_tokens: 2, total_tokens: 25 };
const timings = { first_token_ms: 412, total_ms: 431 };

/** An answer as one document. */
export const ANSWER_EXAMPLE = {
  message: { role: 'assistant', content: 'Hello' },
  model: 'gpt-4o-mini',
  run_id: RUN,
  session_id: SESSION,
  finish_reason: 'stop',
  usage,
  timings,
  attempts: 1,
};

const begin = { content: '', done: false, model: 'gpt-4o-mini' };
const end = { content: '', done: true, model: 'gpt-4o-mini', run_id: RUN, session_id: SESSION };
const said = (content: string) => ({ ...begin, content });
const call = { id: 'call_1', name: 'add' };

/** Streams, as their bytes on the wire. */
export const STREAM_EXAMPLES = {
  text: {
    summary: 'Text alone',
    value: stream(said('Hel'), said('lo'), {
      ...end,
      finish_reason: 'stop',
      usage,
      timings,
      attempts: 1,
    }),
  },
  beside: {
    summary: 'Reasoning, a tool call and the usage, beside the text',
    value: stream(
      { ...begin, type: 'reasoning', reasoning: 'The user wants a sum.' },
      said('Let me see.'),
      { ...begin, type: 'tool_call_delta', tool_call: { ...call, arguments_delta: '{"a":1}' } },
      { ...begin, type: 'usage', usage: { ...usage, estimated: true } },
      { ...begin, type: 'tool_call', tool_call: { ...call, arguments: { a: 1 } } },
      { ...end, finish_reason: 'tool_limit', usage, timings, attempts: 1 },
    ),
  },
  failure: {
    summary: 'A failure after the first token',
    value: stream(said('Hel'), {
      ...end,
      finish_reason: 'error',
      usage: { ...usage, estimated: true },
      attempts: 1,
      error: {
        code: 'provider_unavailable',
        message: 'OpenAI broke off the connection.',
        retryable: true,
      },
    }),
  },
};

function stream(...chunks: readonly object[]): string {
  return chunks
    .map((chunk, index) => `id: ${index + 1}\ndata: ${JSON.stringify(chunk)}\n\n`)
    .join('');
}
