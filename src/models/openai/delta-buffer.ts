import type { ModelDelta } from '../model-stream.js';

/**
 * The deltas that nobody has taken yet. Neighbours of one kind become one delta, so that what
 * arrived together can become one event.
 */
export class DeltaBuffer {
  #deltas: ModelDelta[] = [];

  get isEmpty(): boolean {
    return this.#deltas.length === 0;
  }

  add(delta: ModelDelta): void {
    const last = this.#deltas.at(-1);
    if (last === undefined || !join(last, delta)) this.#deltas.push(delta);
  }

  /** Hands over what there is; the array is the caller's. */
  take(): readonly ModelDelta[] {
    const taken = this.#deltas;
    this.#deltas = [];
    return taken;
  }

  clear(): void {
    this.#deltas = [];
  }
}

function join(last: ModelDelta, next: ModelDelta): boolean {
  if (last.type === 'tool_call') {
    if (next.type !== 'tool_call' || next.index !== last.index) return false;
    // A piece that opens a call stays apart: `id` and `name` stand on a call's first piece only.
    if (next.id !== undefined || next.name !== undefined) return false;
    if (next.extra !== undefined) return false;
    last.argumentsDelta += next.argumentsDelta;
    return true;
  }
  if (last.type !== 'text' && last.type !== 'reasoning') return false;
  if (next.type !== last.type) return false;
  last.text += next.text;
  return true;
}
