import { FINISH_REASONS } from './answer.js';

/** A JSON schema, as the OpenAPI document holds it. */
type Schema = Record<string, unknown>;

const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** The three members that every chunk begins with, in this order. */
const base = (done: boolean, content: Schema = { const: '' }): Schema => ({
  content,
  done: { const: done },
  model: { type: 'string', description: 'The name that was asked for.' },
});

/** A chunk without text: an event of some type, with its own member. */
function typed(type: string, description: string, members: Schema): Schema {
  return {
    type: 'object',
    description,
    properties: { ...base(false), type: { const: type }, ...members },
    required: ['content', 'done', 'model', 'type', ...Object.keys(members)],
    additionalProperties: false,
  };
}

const toolCall = (members: Schema): Schema => ({
  type: 'object',
  properties: { id: { type: 'string' }, name: { type: 'string' }, ...members },
  required: ['id', 'name', ...Object.keys(members)],
  additionalProperties: false,
});

const terminal = {
  ...base(true),
  run_id: { type: 'string', format: 'uuid' },
  session_id: { type: ['string', 'null'], format: 'uuid' },
};
const terminalRequired = [...Object.keys(terminal), 'finish_reason', 'usage', 'attempts'];

/** The schemas of the chunks, by the names under which the OpenAPI document holds them. */
export const CHUNK_SCHEMAS: Record<string, Schema> = {
  TextChunk: {
    type: 'object',
    description: 'A piece of the answer. Nothing else is in it.',
    properties: base(false, { type: 'string', minLength: 1 }),
    required: ['content', 'done', 'model'],
    additionalProperties: false,
  },
  ReasoningChunk: typed('reasoning', 'A piece of what the model thinks.', {
    reasoning: { type: 'string' },
  }),
  ToolCallDeltaChunk: typed('tool_call_delta', 'A piece of the arguments of a tool call.', {
    tool_call: toolCall({ arguments_delta: { type: 'string' } }),
  }),
  ToolCallChunk: typed('tool_call', 'A tool call, whole.', {
    tool_call: toolCall({ arguments: { description: 'The arguments as a value.' } }),
  }),
  ToolResultChunk: typed('tool_result', 'What became of a tool call.', {
    tool_result: toolCall({ content: { type: 'string' }, is_error: { type: 'boolean' } }),
  }),
  ToolProgressChunk: typed('tool_progress', 'How far a tool call has come.', {
    tool_progress: {
      type: 'object',
      properties: {
        id: { type: 'string' },
        name: { type: 'string' },
        message: { type: 'string', description: 'In words.' },
        progress: { type: 'number', description: "How much is done, in the tool's own unit." },
        total: { type: 'number', description: 'How much there is to do, in the same unit.' },
      },
      required: ['id', 'name'],
      additionalProperties: false,
    },
  }),
  ApprovalRequiredChunk: typed(
    'approval_required',
    'Tool calls that wait for `POST /api/v1/runs/{id}/approvals`. The run goes on after it.',
    {
      approvals: {
        type: 'array',
        minItems: 1,
        items: toolCall({ arguments: { description: 'The arguments as a value.' } }),
      },
    },
  ),
  ApprovalDecidedChunk: typed('approval_decided', 'What was decided on tool calls.', {
    decisions: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        properties: {
          id: { type: 'string', description: 'The id of the call.' },
          decision: { enum: ['approve', 'reject'] },
          reason: { type: 'string' },
          arguments: { description: 'What the tool is called with instead.' },
          by: { enum: ['caller', 'timeout'] },
        },
        required: ['id', 'decision', 'by'],
        additionalProperties: false,
      },
    },
  }),
  ProviderSwitchedChunk: typed('provider_switched', 'Another model call goes on with the answer.', {
    attempt: { type: 'integer', minimum: 2, description: 'Which call of the run it is, from 1.' },
  }),
  UsageChunk: typed('usage', 'The tokens so far, each second while the answer streams.', {
    usage: ref('WireUsage'),
  }),
  LastChunk: {
    type: 'object',
    description: 'The end of an answer that completed or was cancelled.',
    properties: {
      ...terminal,
      finish_reason: { enum: FINISH_REASONS.filter((reason) => reason !== 'error') },
      usage: ref('WireUsage'),
      timings: ref('WireTimings'),
      attempts: { type: 'integer', minimum: 0 },
      output: { description: 'The answer as a value, where `response_format` asked for one.' },
      repaired: { const: true, description: 'The text did not fit; `output` is its correction.' },
    },
    required: [...terminalRequired, 'timings'],
    additionalProperties: false,
  },
  FailureChunk: {
    type: 'object',
    description: 'The end of an answer that failed. The text before it stays valid.',
    properties: {
      ...terminal,
      finish_reason: { const: 'error' },
      usage: ref('WireUsage'),
      attempts: { type: 'integer', minimum: 0 },
      error: ref('WireFailure'),
    },
    required: [...terminalRequired, 'error'],
    additionalProperties: false,
  },
};

CHUNK_SCHEMAS['Chunk'] = {
  description:
    'The `data` of one event. The last has `done: true`; a stream without it was cut. Pass over a ' +
    '`type` that you do not know: there may be more of them.',
  oneOf: Object.keys(CHUNK_SCHEMAS).map(ref),
};
