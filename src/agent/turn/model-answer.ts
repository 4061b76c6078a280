import { randomUUID } from 'node:crypto';
import type { ModelDelta, ModelFinishReason, Usage } from '../../models/model-stream.js';
import type { RunEventBody, ToolCall, TurnEnd } from '../../runs/run-event.js';
import type { OpenToolCall } from '../../runs/run-progress.js';
import type { Seam } from '../continuation/seam.js';
import { parseModelJson } from './model-json.js';
import { textPieces } from './text-pieces.js';

/** A tool call whose arguments are still coming. */
interface PendingCall {
  id: string;
  name: string;
  argumentsText: string;
  extra?: unknown;
}

/** Where a model call takes up a turn. */
export interface AnswerStart {
  /** The turn's text from the calls before it. */
  text: string;
  /** What readers are told before the turn's first text. */
  lead: string;
  /** The ids of all tool calls before. */
  callIds: Iterable<string>;
  /** What joins its text to theirs. */
  seam: Seam;
}

/** Gathers what a model says from the deltas of a model call and tells the run events that they amount to. */
export class ModelAnswer {
  readonly #text: string[];
  #lead: string;
  readonly #output: string[] = [];
  readonly #seam: Seam;
  /** The ids of all tool calls. */
  readonly #callIds: Set<string>;
  readonly #pending = new Map<number, PendingCall>();
  readonly #calls: ToolCall[] = [];
  readonly #reasoning: string[] = [];
  #usage: Usage | undefined;
  #finish: ModelFinishReason | undefined;

  constructor({ text, lead, callIds, seam }: AnswerStart) {
    this.#text = [text];
    this.#lead = text === '' ? lead : '';
    this.#callIds = new Set(callIds);
    this.#seam = seam;
  }

  /** The turn's text, that of earlier calls included. */
  get text(): string {
    return this.#text.join('');
  }

  /** What the model has thought. */
  get reasoning(): string {
    return this.#reasoning.join('');
  }

  /** All that the model has produced, in pieces: reasoning and tool arguments cost tokens too. */
  get output(): readonly string[] {
    return this.#output;
  }

  /** The ids of all tool calls, those of earlier calls included. */
  get callIds(): readonly string[] {
    return [...this.#callIds];
  }

  /** The tool calls that the model has come to. */
  get calls(): readonly ToolCall[] {
    return this.#calls;
  }

  /** Those that it has not come to the end of. */
  get openCalls(): readonly OpenToolCall[] {
    return [...this.#pending.values()].map(({ id, name }) => ({ id, name }));
  }

  /** Whether the model has said that it is done. */
  get isFinished(): boolean {
    return this.#finish !== undefined;
  }

  /** The tokens by the provider's own count; undefined where it has told none. */
  get usage(): Usage | undefined {
    return this.#usage;
  }

  /** Why the model stopped. */
  get finishReason(): TurnEnd {
    return this.#finish ?? 'stop';
  }

  /**
   * The events of deltas that arrived together.
   * @throws NotContinuedError
   */
  take(deltas: readonly ModelDelta[]): RunEventBody[] {
    const events: RunEventBody[] = [];
    for (const delta of deltas) {
      switch (delta.type) {
        case 'text':
          this.#output.push(delta.text);
          this.#say(this.#seam.take(delta.text), events);
          break;
        case 'reasoning':
          this.#output.push(delta.text);
          this.#reasoning.push(delta.text);
          for (const text of textPieces(delta.text)) events.push({ type: 'reasoning', text });
          break;
        case 'tool_call':
          this.#output.push(delta.argumentsDelta);
          this.#takeCall(delta, events);
          break;
        case 'usage':
          this.#usage = delta.usage;
          break;
        case 'finish':
          this.#finish = delta.reason;
          this.#say(this.#seam.end(), events);
          this.#calls.push(...[...this.#pending.values()].map(wholeCall));
          this.#pending.clear();
          for (const toolCall of this.#calls) events.push({ type: 'tool_call', toolCall });
          events.push(this.#finished());
          break;
      }
    }
    return events;
  }

  #say(text: string, events: RunEventBody[]): void {
    if (text === '') return;
    this.#text.push(text);
    const told = this.#lead + text;
    this.#lead = '';
    for (const piece of textPieces(told)) events.push({ type: 'text', text: piece });
  }

  #takeCall(delta: Extract<ModelDelta, { type: 'tool_call' }>, events: RunEventBody[]): void {
    const { index } = delta;
    const call = this.#pending.get(index) ?? { id: '', name: '', argumentsText: '' };
    this.#pending.set(index, call);
    call.id ||= this.#ownId(delta.id ?? '');
    call.name ||= delta.name ?? '';
    call.argumentsText += delta.argumentsDelta;
    call.extra ??= delta.extra;
    const { id, name } = call;
    for (const argumentsDelta of textPieces(delta.argumentsDelta)) {
      events.push({ type: 'tool_call_delta', toolCall: { id, name, argumentsDelta } });
    }
  }

  /** Some providers number their calls anew in each answer: two calls of a run would be one. */
  #ownId(id: string): string {
    const own = this.#callIds.has(id) ? `call_${randomUUID()}` : id;
    this.#callIds.add(own);
    return own;
  }

  /** The provider tells its usage with the finish or before it, never after. */
  #finished(): RunEventBody {
    const { finishReason, usage } = this;
    return { type: 'turn_finished', finishReason, ...(usage !== undefined && { usage }) };
  }
}

function wholeCall({ id, name, argumentsText, extra }: PendingCall): ToolCall {
  // What is no JSON stays what it is, a string: nothing that a model said is lost.
  const parsed = parseModelJson(argumentsText || '{}') ?? { value: argumentsText };
  return { id, name, arguments: parsed.value, ...(extra !== undefined && { extra }) };
}
