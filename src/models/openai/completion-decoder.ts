import type { ModelFinishReason, Usage } from '../model-stream.js';
import { DeltaBuffer } from './delta-buffer.js';
import { readFinishReason, type Finish } from './finish-reason.js';
import { isObject, type JsonObject } from './json-values.js';
import { readSaid } from './message-text.js';
import { readStatedFault, type ProviderFault } from './provider-fault.js';
import { ToolCallAssembly } from './tool-call-assembly.js';
import { readUsage } from './usage-reading.js';

/** A payload is no chunk of a chat completion. */
export class MalformedChunkError extends Error {
  constructor(
    what: string,
    /** What was sent: for the log only. */
    readonly payload: string,
  ) {
    super(`A payload of the stream ${what}.`);
    this.name = 'MalformedChunkError';
  }
}

/** The provider said in its stream that it failed. */
export class StatedFaultError extends Error {
  constructor(readonly fault: ProviderFault) {
    super(fault.message ?? 'The provider reported an error in its stream.');
    this.name = 'StatedFaultError';
  }
}

/** The stream ended before the answer did: there was no `finish_reason`. */
export class EndedEarlyError extends Error {
  constructor(message = 'The stream ended without a finish_reason.') {
    super(message);
    this.name = 'EndedEarlyError';
  }
}

/**
 * Turns the payloads of a `chat.completion.chunk` stream into deltas, as liberal as the providers
 * are different: only what contradicts an answer (no JSON, no object, an `error`) is refused.
 *
 * Usage and finish are held until {@link end}: text, usage and even a second finish reason may
 * follow the first, and where usage comes with every chunk the last is the whole.
 */
export class CompletionDecoder {
  /** What was decoded and not yet taken. */
  readonly deltas = new DeltaBuffer();
  /** Whether `[DONE]` has come. */
  done = false;

  #usage: Usage | undefined;
  #finish: Finish | undefined;
  #answered = false;
  readonly #calls = new ToolCallAssembly((delta) => this.deltas.add(delta));

  /** Whether the provider has said why it stopped: what may still come is only its usage. */
  get finished(): boolean {
    return this.#finish !== undefined && this.#finish !== 'failed';
  }

  /** Whether any piece of the answer has come. */
  get answered(): boolean {
    return this.#answered;
  }

  /**
   * Reads one payload.
   * @throws MalformedChunkError, StatedFaultError
   */
  decode(payload: string, event = ''): void {
    if (payload.startsWith('[DONE]')) this.done = true;
    else if (payload !== '') this.#readChunk(parse(payload), payload, event);
  }

  /**
   * Reads the body of a server that does not stream: a whole `chat.completion`, or an error.
   * @throws MalformedChunkError, StatedFaultError
   */
  decodeDocument(text: string): void {
    const body = parse(text);
    if (body === undefined) return this.#readLines(text, '');
    // Gemini puts its errors into an array.
    const document = Array.isArray(body) ? (body as unknown[])[0] : body;
    if (
      isObject(document) &&
      !document.choices &&
      readStatedFault(document, '', true) === undefined
    ) {
      throw new MalformedChunkError('is no completion', text);
    }
    this.#readChunk(document, text, '');
  }

  /**
   * The stream has ended. Adds the usage and the finish.
   * @throws EndedEarlyError where the provider never said that it finished
   */
  end(): void {
    this.#calls.end();
    this.addUsage();
    if (this.#finish === undefined) throw new EndedEarlyError();
    if (this.#finish === 'failed') throw new EndedEarlyError('The finish_reason was a failure.');
    this.deltas.add({ type: 'finish', reason: this.#reason(this.#finish) });
  }

  /** Adds the usage so far: what a call that fails has cost is not lost. */
  addUsage(): void {
    if (this.#usage !== undefined) this.deltas.add({ type: 'usage', usage: this.#usage });
    this.#usage = undefined;
  }

  /** Gemini and some local servers end a stream with tool calls on `stop`. */
  #reason(finish: ModelFinishReason): ModelFinishReason {
    return finish === 'stop' && this.#calls.used ? 'tool_calls' : finish;
  }

  #readChunk(chunk: unknown, payload: string, event: string): void {
    if (chunk === undefined) return this.#readLines(payload, event);
    if (!isObject(chunk)) throw new MalformedChunkError('is not an object', payload);
    const choice = firstChoice(chunk.choices);
    if (choice !== undefined) this.#readChoice(choice);
    const usage = readUsage(chunk, choice);
    if (usage !== undefined) this.#usage = usage;
    const fault = readStatedFault(chunk, event, choice === undefined);
    if (fault !== undefined) throw new StatedFaultError(fault);
  }

  /** Some servers forget the blank line between two events: each line is then a payload. */
  #readLines(payload: string, event: string): void {
    const lines = payload.split('\n');
    if (lines.length === 1) throw new MalformedChunkError('is not JSON', payload);
    for (const line of lines) this.decode(line, event);
  }

  #readChoice(choice: JsonObject): void {
    // Perplexity sends the whole `message` so far beside each `delta`: it counts only where a
    // server that does not stream sends nothing else.
    const { delta } = choice;
    const message = isObject(delta) ? delta : this.#answered ? undefined : choice.message;
    if (isObject(message)) this.#readMessage(message);
    const finish = readFinishReason(choice.finish_reason);
    if (finish !== undefined) this.#finish = finish;
  }

  #readMessage(message: JsonObject): void {
    const { text, reasoning } = readSaid(message);
    if (reasoning !== '') this.deltas.add({ type: 'reasoning', text: reasoning });
    if (text !== '') this.deltas.add({ type: 'text', text });
    const calls = message.tool_calls;
    if (Array.isArray(calls)) for (const call of calls as unknown[]) this.#calls.add(call);
    else if (isObject(message.function_call))
      this.#calls.add({ index: 0, function: message.function_call });
    this.#answered ||= !this.deltas.isEmpty || this.#calls.used;
  }
}

/** `undefined` where the text is no JSON, which JSON itself cannot say. */
function parse(payload: string): unknown {
  try {
    return JSON.parse(payload) as unknown;
  } catch {
    return undefined;
  }
}

/** The choice with index 0, or the only one that has no index: `n` is never asked for. */
function firstChoice(choices: unknown): JsonObject | undefined {
  if (!Array.isArray(choices)) return undefined;
  return (choices as unknown[]).find(
    (choice): choice is JsonObject => isObject(choice) && Number(choice.index ?? 0) === 0,
  );
}
