import type { ModelDelta, ModelFinishReason, Usage } from '../models/model-stream.js';
import type { FinishReason, RunEventBody } from '../runs/run-event.js';
import { parseModelJson } from './model-json.js';

/** A tool call whose arguments are still coming. */
interface PendingCall {
  id: string;
  name: string;
  argumentsText: string;
}

/** Gathers a model's answer from its deltas and tells the run events that they amount to. */
export class ModelAnswer {
  readonly #text: string[] = [];
  readonly #output: string[] = [];
  readonly #calls = new Map<number, PendingCall>();
  #usage: Usage | undefined;
  #finish: ModelFinishReason | undefined;

  get text(): string {
    return this.#text.join('');
  }

  /** All that the model has produced, in pieces: reasoning and tool arguments cost tokens too. */
  get output(): readonly string[] {
    return this.#output;
  }

  /** The tokens by the provider's own count; undefined where it has told none. */
  get usage(): Usage | undefined {
    return this.#usage;
  }

  /** Why the model stopped; `tool_limit` where it asks for a tool and none may be called. */
  get finishReason(): FinishReason {
    return this.#finish === 'tool_calls' ? 'tool_limit' : (this.#finish ?? 'stop');
  }

  /** The events of deltas that arrived together. */
  take(deltas: readonly ModelDelta[]): RunEventBody[] {
    const events: RunEventBody[] = [];
    for (const delta of deltas) {
      switch (delta.type) {
        case 'text':
          this.#text.push(delta.text);
          this.#output.push(delta.text);
          events.push(delta);
          break;
        case 'reasoning':
          this.#output.push(delta.text);
          events.push(delta);
          break;
        case 'tool_call':
          this.#output.push(delta.argumentsDelta);
          events.push(this.#takeCall(delta));
          break;
        case 'usage':
          this.#usage = delta.usage;
          break;
        case 'finish':
          this.#finish = delta.reason;
          for (const call of this.#calls.values()) events.push(wholeCall(call));
          this.#calls.clear();
          break;
      }
    }
    return events;
  }

  #takeCall(delta: Extract<ModelDelta, { type: 'tool_call' }>): RunEventBody {
    const { index, argumentsDelta } = delta;
    const call = this.#calls.get(index) ?? { id: '', name: '', argumentsText: '' };
    this.#calls.set(index, call);
    call.id ||= delta.id ?? '';
    call.name ||= delta.name ?? '';
    call.argumentsText += argumentsDelta;
    return { type: 'tool_call_delta', toolCall: { id: call.id, name: call.name, argumentsDelta } };
  }
}

function wholeCall({ id, name, argumentsText }: PendingCall): RunEventBody {
  // What is no JSON stays what it is, a string: nothing that a model said is lost.
  const parsed = parseModelJson(argumentsText || '{}') ?? { value: argumentsText };
  return { type: 'tool_call', toolCall: { id, name, arguments: parsed.value } };
}
