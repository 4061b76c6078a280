import type { ModelFinishReason, Usage } from '../model-stream.js';
import {
  AnswerTooLargeError,
  EndedEarlyError,
  MalformedChunkError,
  NotJsonError,
  StatedFaultError,
} from './answer-errors.js';
import { DeltaBuffer } from './delta-buffer.js';
import { readFinishReason, type Finish } from './finish-reason.js';
import { isObject, type JsonObject } from './json-values.js';
import { readSaid, type Said } from './message-text.js';
import { readStatedFault } from './provider-fault.js';
import { ThinkTags } from './think-tags.js';
import { ToolCallAssembly } from './tool-call-assembly.js';
import { readUsage } from './usage-reading.js';

/** The most characters (UTF-16 units) of one answer, reasoning and arguments included: 32 Mi. */
export const MAX_ANSWER = 32 * 1024 * 1024;

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
  #characters = 0;
  readonly #calls = new ToolCallAssembly((delta) => this.deltas.add(delta));
  readonly #tags: ThinkTags | undefined;

  /** @param options.thinkTags whether an answer that begins with `<think>` is thought up to its end */
  constructor({ thinkTags = false } = {}) {
    this.#tags = thinkTags ? new ThinkTags() : undefined;
  }

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
   * @throws MalformedChunkError, StatedFaultError, AnswerTooLargeError
   */
  decode(payload: string, event = ''): void {
    const text = payload.trimStart();
    if (text.startsWith('[DONE]')) this.done = true;
    else if (text !== '') this.#readChunk(parse(text), text, event);
  }

  /**
   * Reads the body of a server that does not stream: a whole `chat.completion`, or an error.
   * @throws MalformedChunkError, StatedFaultError, AnswerTooLargeError
   */
  decodeDocument(text: string): void {
    const body = parse(text);
    if (body === undefined) return this.#readLines(text, '');
    // Gemini puts its errors into an array.
    const document = Array.isArray(body) ? (body as unknown[])[0] : body;
    if (
      isObject(document) &&
      !document.choices &&
      readStatedFault(document, '', undefined) === undefined
    ) {
      throw new MalformedChunkError('is no completion', text, document);
    }
    this.#readChunk(document, text, '');
  }

  /**
   * The stream has ended. Adds the usage and the finish.
   * @throws EndedEarlyError where the provider never said that it finished
   */
  end(): void {
    if (this.#tags !== undefined) this.#say(this.#tags.end());
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
    const wasFinished = this.finished;
    if (choice !== undefined) this.#readChoice(choice);
    const usage = readUsage(chunk, choice);
    if (usage !== undefined) this.#usage = usage;
    const fault = readStatedFault(chunk, event, choice);
    if (fault === undefined) return;
    if (!wasFinished) this.#finish = 'failed';
    throw new StatedFaultError(fault);
  }

  /** Some servers forget the blank line between two events: each line is then a payload. */
  #readLines(payload: string, event: string): void {
    const lines = payload.split('\n');
    if (lines.length === 1) throw new NotJsonError(payload);
    for (const line of lines) this.decode(line, event);
  }

  #readChoice(choice: JsonObject): void {
    // Perplexity sends the whole `message` so far beside each `delta`: it counts only where a
    // server that does not stream sends nothing else.
    const { delta } = choice;
    const message = isObject(delta) ? delta : this.#answered ? undefined : choice.message;
    if (isObject(message)) this.#readMessage(message);
    const finish = readFinishReason(choice.finish_reason);
    // What fails after the answer has ended takes nothing away from it.
    if (finish !== undefined && !(finish === 'failed' && this.finished)) this.#finish = finish;
  }

  #readMessage(message: JsonObject): void {
    const { text, reasoning } = readSaid(message);
    this.#grow(text.length + reasoning.length);
    this.#say({ text: '', reasoning });
    this.#say(this.#tags === undefined ? { text, reasoning: '' } : this.#tags.take(text));
    const calls = message.tool_calls;
    if (Array.isArray(calls)) for (const call of calls as unknown[]) this.#addCall(call);
    else if (isObject(message.function_call))
      this.#addCall({ index: 0, function: message.function_call });
    this.#answered ||= !this.deltas.isEmpty || this.#calls.used;
  }

  #say({ text, reasoning }: Said): void {
    if (reasoning !== '') this.deltas.add({ type: 'reasoning', text: reasoning });
    if (text !== '') this.deltas.add({ type: 'text', text });
  }

  #addCall(piece: unknown): void {
    this.#grow(this.#calls.add(piece));
  }

  /** A provider in an endless loop would fill the memory of the process. */
  #grow(characters: number): void {
    this.#characters += characters;
    if (this.#characters > MAX_ANSWER) throw new AnswerTooLargeError(`${MAX_ANSWER} characters`);
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
