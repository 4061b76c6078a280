import type { UsageBody } from './chunks.js';
import { errorFor, type ErrorBody } from './errors.js';
import type { Script, Step } from './script.js';

/** The first chunk: the role and an empty text. */
export function role(): Step {
  return { kind: 'chunk', delta: { role: 'assistant', content: '', refusal: null } };
}

/** One chunk of text a piece. */
export function text(...pieces: readonly string[]): Step[] {
  return pieces.map((content) => ({ kind: 'chunk', delta: { content } }));
}

/** One chunk of reasoning (`reasoning_content`) a piece. */
export function reasoning(...pieces: readonly string[]): Step[] {
  return pieces.map((piece) => ({
    kind: 'chunk',
    delta: { content: null, reasoning_content: piece },
  }));
}

/** A tool call for `toolCall`. */
export interface ScriptedToolCall {
  id: string;
  name: string;
  /** An object is sent as JSON in pieces of 8 characters; a list is sent piece by piece. */
  arguments: Readonly<Record<string, unknown>> | readonly string[];
  /** Which of parallel calls it is. @default 0 */
  index?: number;
}

/** The chunks of one tool call: its id and name first, then the arguments' text in pieces. */
export function toolCall(call: ScriptedToolCall): Step[] {
  const index = call.index ?? 0;
  const first = { id: call.id, type: 'function', function: { name: call.name, arguments: '' } };
  const pieces = isPieces(call.arguments)
    ? call.arguments
    : (JSON.stringify(call.arguments).match(/.{1,8}/gs) ?? []);
  return [
    {
      kind: 'chunk',
      delta: { content: null, tool_calls: [{ index, ...first, type: 'function' }] },
    },
    ...pieces.map((piece): Step => ({
      kind: 'chunk',
      delta: { tool_calls: [{ index, function: { arguments: piece } }] },
    })),
  ];
}

function isPieces(args: ScriptedToolCall['arguments']): args is readonly string[] {
  return Array.isArray(args);
}

/** The chunk that says why the answer ended. `members` join it, as where `usage` comes with it. */
export function finish(
  reason: string = 'stop',
  members: Readonly<Record<string, unknown>> = {},
): Step {
  return { kind: 'chunk', delta: {}, finishReason: reason, members };
}

/**
 * The last chunk, without choices. As with OpenAI it is sent only where `stream_options` asks for
 * it. By default: 10 prompt tokens, and a completion token for each text or reasoning chunk sent.
 */
export function usage(counts: Partial<UsageBody> = {}): Step {
  return { kind: 'usage', usage: counts };
}

/** `data: [DONE]`. */
export function done(): Step {
  return raw('data: [DONE]\n\n');
}

/** Exact bytes. In an answer that is not streamed they are left out; see `respond`. */
export function raw(bytes: string | Uint8Array): Step {
  return { kind: 'raw', bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes };
}

/** A comment line, as providers send to keep a connection alive. */
export function comment(words: string = 'keep-alive'): Step {
  return raw(`: ${words}\n\n`);
}

/** A chunk with any members, for a provider's own peculiarities. */
export function chunk(members: Readonly<Record<string, unknown>>): Step {
  return { kind: 'chunk', delta: {}, members };
}

/** An event whose data is cut JSON. */
export function malformed(): Step {
  return raw('data: {"id":"chatcmpl-scripted","choices":[{"index":0,"delta":{"content":\n\n');
}

/** An error in mid-stream: `data: {"error": …}`. */
export function errorChunk(members: Partial<ErrorBody> = {}): Step {
  return { kind: 'error', error: errorFor(500, members) };
}

/** A whole answer: role, one chunk a piece, finish, usage, `[DONE]`. */
export function answer(...pieces: readonly string[]): Script {
  return [role(), text(...pieces), finish('stop'), usage(), done()];
}

/** A whole answer that calls tools; parallel calls get their index from their place. */
export function toolCalls(...calls: readonly Omit<ScriptedToolCall, 'index'>[]): Script {
  return [
    role(),
    calls.map((call, index) => toolCall({ ...call, index })),
    finish('tool_calls'),
    usage(),
    done(),
  ];
}
