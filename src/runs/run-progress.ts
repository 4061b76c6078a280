import type { Usage } from '../models/model-stream.js';
import type { ApprovalDecision, RunEvent, ToolCall, ToolResult, TurnEnd } from './run-event.js';
import { TurnReducer } from './turn-reducer.js';

/** A tool call that its run knows of without knowing what became of it. */
export interface OpenToolCall {
  id: string;
  name: string;
}

/** What a model call had produced, reasoning and tool arguments included. */
export interface AttemptProgress {
  /** The turn's text before it. */
  before: string;
  output: string;
}

/** A tool call that a turn has come to, and what has become of it. */
export interface CallProgress extends ToolCall {
  /** Until when somebody is to decide on it, in milliseconds since the epoch; undefined: nobody was asked. */
  decideBefore?: number;
  decision?: ApprovalDecision;
  /** Whether it may have had its effect. */
  isStarted: boolean;
  result?: ToolResult;
}

/** One turn of a run: a model call, however often it was gone on with, and the tool calls that it has led to. */
export interface TurnProgress {
  /** What the model has said in it. */
  text: string;
  /** What its last model call has thought. */
  reasoning: string;
  /** Model calls that left something in the log: all that each produced, in their order. */
  attempts: readonly AttemptProgress[];
  /** How its last model call ended; undefined where it was cut. */
  finished: { finishReason: TurnEnd; usage?: Usage } | undefined;
  /** Tool calls whose arguments were cut. */
  openCalls: readonly OpenToolCall[];
  /** Those that are whole. */
  calls: readonly CallProgress[];
}

/** What a log says of how far the work of a run has come: where a new owner goes on. */
export interface RunProgress {
  lastSeq: number;
  /** The text that readers have. */
  text: string;
  /** How long the first piece of text took; null where none came. */
  firstTokenMs: number | null;
  /** The last one may be unfinished. None, where no model has said anything. */
  turns: readonly TurnProgress[];
  /** Model calls made, those that came to nothing before a later one included where that was told. */
  calls: number;
  /** The ids of all tool calls so far: none may mean another call. */
  callIds: readonly string[];
  /** When somebody last decided on a tool call, in milliseconds since the epoch. */
  decidedAt: number | undefined;
}

/** The progress of a turn that has none. */
export const NO_TURN: TurnProgress = {
  text: '',
  reasoning: '',
  attempts: [],
  finished: undefined,
  openCalls: [],
  calls: [],
};

/** The progress of a run that has none. */
export const NO_PROGRESS: RunProgress = {
  lastSeq: 0,
  text: '',
  firstTokenMs: null,
  turns: [],
  calls: 0,
  callIds: [],
  decidedAt: undefined,
};

/** Whether a run waits for somebody to decide on its tool calls. */
export function isWaiting({ turns }: RunProgress): boolean {
  const calls = turns.at(-1)?.calls ?? [];
  return calls.some(
    ({ decideBefore, decision, result }) =>
      decideBefore !== undefined && decision === undefined && result === undefined,
  );
}

/** Adds up a log for the one who takes the run over. */
export class ProgressReducer {
  readonly #text: string[] = [];
  readonly #turns: TurnReducer[] = [];
  readonly #callIds = new Set<string>();
  #calls = 0;
  #lastSeq = 0;
  #firstTokenMs: number | null = null;
  #decidedAt: number | undefined;

  add(event: RunEvent): this {
    this.#lastSeq = event.seq;
    switch (event.type) {
      case 'text':
        this.#firstTokenMs ??= event.firstTokenMs ?? 0;
        this.#attempted().say(event.text);
        this.#text.push(event.text);
        break;
      case 'reasoning':
        this.#attempted().think(event.text);
        break;
      case 'tool_call_delta':
        this.#callIds.add(event.toolCall.id);
        this.#attempted().callPiece(event.toolCall);
        break;
      case 'tool_call':
        this.#callIds.add(event.toolCall.id);
        this.#attempted().call(event.toolCall);
        break;
      case 'provider_switched':
        this.#unfinished().begin();
        this.#calls = event.attempt;
        break;
      case 'turn_finished':
        // A call may end without having said anything.
        this.#attempted().finish(event);
        break;
      case 'approval_decided':
        this.#decidedAt = event.decidedAt;
        this.#turns.at(-1)?.add(event);
        break;
      default:
        this.#turns.at(-1)?.add(event);
        break;
    }
    return this;
  }

  get progress(): RunProgress {
    return {
      lastSeq: this.#lastSeq,
      text: this.#text.join(''),
      firstTokenMs: this.#firstTokenMs,
      turns: this.#turns.map((turn) => turn.progress),
      calls: this.#calls,
      callIds: [...this.#callIds],
      decidedAt: this.#decidedAt,
    };
  }

  /** The turn that goes on, or a new one. */
  #unfinished(): TurnReducer {
    const last = this.#turns.at(-1);
    if (last !== undefined && !last.isFinished) return last;
    const turn = new TurnReducer(this.#text.join(''));
    this.#turns.push(turn);
    return turn;
  }

  /** The turn that goes on, within a model call of it. */
  #attempted(): TurnReducer {
    const turn = this.#unfinished();
    if (turn.hasBegun) return turn;
    turn.begin();
    this.#calls += 1;
    return turn;
  }
}
