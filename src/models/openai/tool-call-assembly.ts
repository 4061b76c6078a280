import { randomUUID } from 'node:crypto';
import type { ModelDelta } from '../model-stream.js';
import { AnswerTooLargeError } from './answer-errors.js';
import { count, filled, isObject, type JsonObject } from './json-values.js';

/** The most tool calls of one answer. */
export const MAX_CALLS = 1_000;

/** The greatest `index` that is believed: far beyond any real one, far below where numbers blur. */
const MAX_INDEX = 1_000_000;

interface Call {
  /** Ours: as the provider numbers it, unless that number is taken. */
  readonly index: number;
  id: string | undefined;
  name: string | undefined;
  /** Whether a first piece went out. */
  opened: boolean;
  /** Arguments that came before the call could be opened. */
  held: string;
  /** What is to be handed back with it: `extra_content`, where Gemini has its thought signatures. */
  extra: JsonObject | undefined;
}

/**
 * Puts the pieces of tool calls to the call they belong to, and sees to it that the first piece of
 * each has its `id` and `name`. Providers differ in all that could tell: Gemini leaves `index` out,
 * Ollama and others number every call 0, DashScope sends an empty `id` after the first piece, some
 * servers a new one with each, and some repeat the name.
 */
export class ToolCallAssembly {
  readonly #calls: Call[] = [];
  /** The call that a provider's `index` means at present. */
  readonly #byIndex = new Map<number, Call>();
  /** The first call with each id. */
  readonly #byId = new Map<string, Call>();
  readonly #taken = new Set<number>();
  /** Above all that are taken. */
  #next = 0;

  constructor(private readonly emit: (delta: ModelDelta) => void) {}

  /** Whether any call has been seen. */
  get used(): boolean {
    return this.#calls.length > 0;
  }

  /**
   * Reads one entry of `tool_calls`, or a legacy `function_call` put into `{function}`.
   * @returns how many characters of the answer it was
   * @throws AnswerTooLargeError where there are more than {@link MAX_CALLS}
   */
  add(piece: unknown): number {
    if (!isObject(piece)) return 0;
    const fn = isObject(piece.function) ? piece.function : {};
    const id = filled(piece.id);
    const name = filled(fn.name);
    const call = this.#find(callIndex(piece.index), id, name);
    this.#name(call, id, name);
    const args = argumentsText(fn.arguments);
    if (isObject(piece.extra_content)) call.extra ??= piece.extra_content;
    this.#say(call, args);
    return args.length + (id?.length ?? 0) + (name?.length ?? 0);
  }

  /** No more pieces come: opens the calls that still wait for an id, with one of our own. */
  end(): void {
    for (const call of this.#calls) if (!call.opened && call.name !== undefined) this.#open(call);
  }

  #find(index: number | undefined, id: string | undefined, name: string | undefined): Call {
    const known =
      index !== undefined
        ? this.#byIndex.get(index)
        : (this.#byId.get(id ?? '') ??
          (id === undefined && name === undefined ? this.#calls.at(-1) : undefined));
    const another =
      known?.id !== undefined && id !== undefined && id !== known.id && name !== undefined;
    if (known !== undefined && !another) return known;
    if (this.#calls.length >= MAX_CALLS) throw new AnswerTooLargeError(`${MAX_CALLS} tool calls`);
    const call = {
      index: this.#free(index),
      id: undefined,
      name,
      opened: false,
      held: '',
      extra: undefined,
    };
    this.#calls.push(call);
    this.#byIndex.set(index ?? call.index, call);
    return call;
  }

  #free(wanted: number | undefined): number {
    const index = wanted === undefined || this.#taken.has(wanted) ? this.#next : wanted;
    this.#taken.add(index);
    this.#next = Math.max(this.#next, index + 1);
    return index;
  }

  #name(call: Call, id: string | undefined, name: string | undefined): void {
    call.name ??= name;
    if (id === undefined || call.opened || call.id !== undefined) return;
    call.id = id;
    if (!this.#byId.has(id)) this.#byId.set(id, call);
  }

  #say(call: Call, args: string): void {
    if (call.opened) {
      const { index, extra } = call;
      call.extra = undefined;
      const delta = { type: 'tool_call', index, argumentsDelta: args } as const;
      if (extra !== undefined) this.emit({ ...delta, extra });
      else if (args !== '') this.emit(delta);
      return;
    }
    call.held += args;
    if (call.id !== undefined && call.name !== undefined) this.#open(call);
  }

  #open(call: Call): void {
    call.opened = true;
    const { index, id = `call_${randomUUID()}`, name = '', held, extra } = call;
    call.extra = undefined;
    const delta = { type: 'tool_call', index, id, name, argumentsDelta: held } as const;
    this.emit(extra === undefined ? delta : { ...delta, extra });
  }
}

function callIndex(value: unknown): number | undefined {
  const index = count(value);
  return index !== undefined && Number.isInteger(index) && index <= MAX_INDEX ? index : undefined;
}

/** Arguments are JSON text; some servers send the object itself. */
function argumentsText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  try {
    return JSON.stringify(value);
  } catch {
    // JSON.parse has no limit of depth, JSON.stringify has that of the stack.
    throw new AnswerTooLargeError('a thousand levels of arguments');
  }
}
