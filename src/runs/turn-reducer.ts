import { paragraphBreak } from './paragraph-break.js';
import type { RunEvent, ToolCall } from './run-event.js';
import type { CallProgress, OpenToolCall, TurnProgress } from './run-progress.js';

/** Adds up the events of one turn. */
export class TurnReducer {
  readonly #text: string[] = [];
  #reasoning: string[] = [];
  readonly #attempts: { before: string; output: string[] }[] = [];
  readonly #open = new Map<string, OpenToolCall>();
  readonly #calls = new Map<string, CallProgress>();
  #finished: TurnProgress['finished'];
  /** What stands before its text and is not the model's. */
  readonly #break: string;

  /** @param before the text of the turns before it */
  constructor(before: string) {
    this.#break = paragraphBreak(before);
  }

  get hasBegun(): boolean {
    return this.#attempts.length > 0;
  }

  get isFinished(): boolean {
    return this.#finished !== undefined;
  }

  /** A model call of it begins. */
  begin(): void {
    this.#attempts.push({ before: this.#text.join(''), output: [] });
    this.#reasoning = [];
  }

  say(text: string): void {
    const said = this.#text.length === 0 ? text.slice(this.#break.length) : text;
    this.#text.push(said);
    this.#produced(said);
  }

  think(text: string): void {
    this.#reasoning.push(text);
    this.#produced(text);
  }

  callPiece({ id, name, argumentsDelta }: OpenToolCall & { argumentsDelta: string }): void {
    this.#produced(argumentsDelta);
    this.#open.set(id, { id, name });
  }

  call(call: ToolCall): void {
    this.#open.delete(call.id);
    this.#calls.set(call.id, { ...call, isStarted: false });
  }

  finish({ finishReason, usage }: Extract<RunEvent, { type: 'turn_finished' }>): void {
    this.#finished = { finishReason, ...(usage !== undefined && { usage }) };
  }

  /** What has become of its tool calls. */
  add(event: RunEvent): void {
    switch (event.type) {
      case 'tool_started':
        this.#update(event.id, { isStarted: true });
        break;
      case 'tool_result':
        this.#open.delete(event.toolResult.id);
        this.#update(event.toolResult.id, { result: event.toolResult });
        break;
      case 'approval_required':
        for (const { id } of event.approvals) {
          this.#update(id, { decideBefore: event.decideBefore });
        }
        break;
      case 'approval_decided':
        for (const decision of event.decisions) this.#update(decision.id, { decision });
        break;
      default:
        break;
    }
  }

  get progress(): TurnProgress {
    return {
      text: this.#text.join(''),
      reasoning: this.#reasoning.join(''),
      attempts: this.#attempts.map(({ before, output }) => ({ before, output: output.join('') })),
      finished: this.#finished,
      openCalls: [...this.#open.values()],
      calls: [...this.#calls.values()],
    };
  }

  #update(id: string, change: Partial<CallProgress>): void {
    const call = this.#calls.get(id);
    if (call !== undefined) this.#calls.set(id, { ...call, ...change });
  }

  #produced(piece: string): void {
    this.#attempts.at(-1)!.output.push(piece);
  }
}
