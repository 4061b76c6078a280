import type { RunEvent, TerminalEvent } from '../../runs/run-event.js';
import type { Run } from '../../runs/run.js';
import { asciiJson } from './ascii-json.js';
import { toWireDecision, toWireProgress, toWireToolCall } from './tool-call.js';
import { toWireTimings, toWireUsage } from './usage.js';
import { toWireFailure } from './wire-failure.js';

/** One chunk as it goes out: its position and its JSON text. */
export interface EncodedChunk {
  id: string;
  data: string;
}

/** Turns the events of one run into the chunks of the native wire format. */
export class ChunkEncoder {
  /** What follows `content` in every chunk that is not the last. */
  readonly #model: string;
  readonly #shows: { reasoning: boolean; usage: boolean };

  constructor(private readonly run: Run) {
    this.#model = asciiJson(run.model);
    const { include } = run.request;
    this.#shows = { reasoning: include.includes('reasoning'), usage: include.includes('usage') };
  }

  /** The chunk of an event; undefined for one that has none, or that the run's request switched off. */
  encode(event: RunEvent): EncodedChunk | undefined {
    const data = this.#dataOf(event);
    return data === undefined ? undefined : { id: String(event.seq), data };
  }

  #dataOf(event: RunEvent): string | undefined {
    switch (event.type) {
      case 'text':
        return `{"content":${asciiJson(event.text)},"done":false,"model":${this.#model}}`;
      case 'reasoning':
        return this.#shows.reasoning
          ? this.#typed({ type: 'reasoning', reasoning: event.text })
          : undefined;
      case 'tool_call_delta': {
        const { id, name, argumentsDelta } = event.toolCall;
        const toolCall = { id, name, arguments_delta: argumentsDelta };
        return this.#typed({ type: 'tool_call_delta', tool_call: toolCall });
      }
      case 'tool_call':
        return this.#typed({ type: 'tool_call', tool_call: toWireToolCall(event.toolCall) });
      case 'tool_result': {
        const { id, name, content, isError } = event.toolResult;
        const toolResult = { id, name, content, is_error: isError };
        return this.#typed({ type: 'tool_result', tool_result: toolResult });
      }
      case 'tool_progress':
        return this.#typed({
          type: 'tool_progress',
          tool_progress: toWireProgress(event.toolProgress),
        });
      case 'approval_required':
        return this.#typed({
          type: 'approval_required',
          approvals: event.approvals.map(toWireToolCall),
        });
      case 'approval_decided':
        return this.#typed({
          type: 'approval_decided',
          decisions: event.decisions.map(toWireDecision),
        });
      case 'provider_switched':
        return this.#typed({ type: 'provider_switched', attempt: event.attempt });
      case 'tool_started':
      case 'turn_finished':
        return undefined;
      case 'usage':
        return this.#shows.usage
          ? this.#typed({ type: 'usage', usage: toWireUsage(event.usage) })
          : undefined;
      case 'completed':
      case 'failed':
      case 'cancelled':
        return this.#terminal(event);
    }
  }

  /** A chunk without text. The members after `model` keep the order in which they are given. */
  #typed(members: { type: string; [member: string]: unknown }): string {
    return asciiJson({ content: '', done: false, model: this.run.model, ...members });
  }

  #terminal(event: TerminalEvent): string {
    return asciiJson({
      content: '',
      done: true,
      model: this.run.model,
      run_id: this.run.id,
      session_id: this.run.sessionId,
      finish_reason: event.finishReason,
      usage: toWireUsage(event.usage),
      ...(event.error === undefined && { timings: toWireTimings(event.timings) }),
      attempts: event.attempts,
      ...('output' in event && { output: event.output }),
      ...(event.repaired && { repaired: true }),
      ...(event.error !== undefined && { error: toWireFailure(event.error) }),
    });
  }
}
