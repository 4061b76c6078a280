import { randomUUID } from 'node:crypto';
import type { ModelDelta } from '../model-stream.js';
import { count, filled, isObject } from './json-values.js';

interface Call {
  /** Ours: as the provider numbers it, unless that number is taken. */
  readonly index: number;
  id: string | undefined;
  name: string | undefined;
  /** Whether a first piece went out. */
  opened: boolean;
  /** Arguments that came before the call could be opened. */
  held: string;
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

  constructor(private readonly emit: (delta: ModelDelta) => void) {}

  /** Whether any call has been seen. */
  get used(): boolean {
    return this.#calls.length > 0;
  }

  /** Reads one entry of `tool_calls`, or a legacy `function_call` put into `{function}`. */
  add(piece: unknown): void {
    if (!isObject(piece)) return;
    const fn = isObject(piece.function) ? piece.function : {};
    const id = filled(piece.id);
    const name = filled(fn.name);
    const call = this.#find(count(piece.index), id, name);
    if (!call.opened) call.id ??= id;
    call.name ??= name;
    this.#say(call, argumentsText(fn.arguments));
  }

  /** No more pieces come: opens the calls that still wait for an id, with one of our own. */
  end(): void {
    for (const call of this.#calls) if (!call.opened && call.name !== undefined) this.#open(call);
  }

  #find(index: number | undefined, id: string | undefined, name: string | undefined): Call {
    const known =
      index !== undefined
        ? this.#byIndex.get(index)
        : (this.#withId(id) ??
          (id === undefined && name === undefined ? this.#calls.at(-1) : undefined));
    const another =
      known?.id !== undefined && id !== undefined && id !== known.id && name !== undefined;
    if (known !== undefined && !another) return known;
    const call = { index: this.#free(index), id, name, opened: false, held: '' };
    this.#calls.push(call);
    this.#byIndex.set(index ?? call.index, call);
    return call;
  }

  #withId(id: string | undefined): Call | undefined {
    return id === undefined ? undefined : this.#calls.find((call) => call.id === id);
  }

  #free(wanted: number | undefined): number {
    const taken = this.#calls.map((call) => call.index);
    return wanted !== undefined && !taken.includes(wanted) ? wanted : Math.max(-1, ...taken) + 1;
  }

  #say(call: Call, args: string): void {
    if (call.opened) {
      if (args !== '') this.emit({ type: 'tool_call', index: call.index, argumentsDelta: args });
      return;
    }
    call.held += args;
    if (call.id !== undefined && call.name !== undefined) this.#open(call);
  }

  #open(call: Call): void {
    call.opened = true;
    const { index, id = `call_${randomUUID()}`, name = '', held } = call;
    this.emit({ type: 'tool_call', index, id, name, argumentsDelta: held });
  }
}

/** Arguments are JSON text; some servers send the object itself. */
function argumentsText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : JSON.stringify(value);
}
