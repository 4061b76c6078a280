import type { Usage } from '../models/model-stream.js';
import type { FinishReason, RunEvent } from './run-event.js';

/** A tool call that its run knows of without knowing what became of it. */
export interface OpenToolCall {
  id: string;
  name: string;
}

/** What a log says of how far the work of a run has come: where a new owner goes on. */
export interface RunProgress {
  lastSeq: number;
  /** The text that readers have. */
  text: string;
  /** How long the first piece of text took; null where none came. */
  firstTokenMs: number | null;
  /** Model calls that left something in the log: all that each produced, in their order. */
  attempts: readonly AttemptProgress[];
  /** Model calls made, those that came to nothing before a later one included where that was told. */
  calls: number;
  /** How the last model call ended; undefined where it was cut. */
  finished: { finishReason: FinishReason; usage?: Usage } | undefined;
  /** Tool calls whose arguments or result are missing. */
  openCalls: readonly OpenToolCall[];
  /** The ids of all tool calls so far: none may mean another call. */
  callIds: readonly string[];
}

/** What a model call had produced, reasoning and tool arguments included. */
export interface AttemptProgress {
  /** The answer's text before it. */
  before: string;
  output: string;
}

/** The progress of a run that has none. */
export const NO_PROGRESS: RunProgress = {
  lastSeq: 0,
  text: '',
  firstTokenMs: null,
  attempts: [],
  calls: 0,
  finished: undefined,
  openCalls: [],
  callIds: [],
};

/** Adds up a log for the one who takes the run over. */
export class ProgressReducer {
  readonly #text: string[] = [];
  readonly #attempts: { before: string; output: string[] }[] = [];
  #calls = 0;
  readonly #openCalls = new Map<string, OpenToolCall>();
  readonly #callIds = new Set<string>();
  #lastSeq = 0;
  #firstTokenMs: number | null = null;
  #finished: RunProgress['finished'];

  add(event: RunEvent): this {
    this.#lastSeq = event.seq;
    switch (event.type) {
      case 'text':
        this.#firstTokenMs ??= event.firstTokenMs ?? 0;
        this.#produced(event.text);
        this.#text.push(event.text);
        break;
      case 'reasoning':
        this.#produced(event.text);
        break;
      case 'tool_call_delta': {
        const { id, name, argumentsDelta } = event.toolCall;
        this.#produced(argumentsDelta);
        this.#called(id, name);
        break;
      }
      case 'tool_call':
        this.#called(event.toolCall.id, event.toolCall.name);
        break;
      case 'tool_result':
        this.#openCalls.delete(event.toolResult.id);
        break;
      case 'provider_switched':
        this.#begin();
        this.#calls = event.attempt;
        this.#finished = undefined;
        break;
      case 'turn_finished': {
        // A call may end without having said anything.
        if (this.#attempts.length === 0) this.#begin();
        const { finishReason, usage } = event;
        this.#finished = { finishReason, ...(usage !== undefined && { usage }) };
        break;
      }
      default:
        break;
    }
    return this;
  }

  get progress(): RunProgress {
    return {
      lastSeq: this.#lastSeq,
      text: this.#text.join(''),
      firstTokenMs: this.#firstTokenMs,
      attempts: this.#attempts.map(({ before, output }) => ({ before, output: output.join('') })),
      calls: Math.max(this.#calls, this.#attempts.length),
      finished: this.#finished,
      openCalls: [...this.#openCalls.values()],
      callIds: [...this.#callIds],
    };
  }

  #called(id: string, name: string): void {
    this.#openCalls.set(id, { id, name });
    this.#callIds.add(id);
  }

  #begin(): void {
    this.#attempts.push({ before: this.#text.join(''), output: [] });
  }

  #produced(piece: string): void {
    if (this.#attempts.length === 0) this.#begin();
    this.#attempts.at(-1)!.output.push(piece);
  }
}
