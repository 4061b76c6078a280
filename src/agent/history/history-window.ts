import type { HistoryPolicy } from '../../config/agents-config.js';
import type { ModelConfig } from '../../config/models-config.js';
import type { SessionMessage } from '../../sessions/session.js';

/** What a model takes whose context window nobody knows, in tokens: that of most models of today. */
const USUAL_WINDOW = 128_000;

/** Tokens that are kept free for an answer whose length nobody has limited. */
const USUAL_ANSWER = 4_096;

/** What the user has said, and all that answered it: nothing of it is ever left out alone. */
export type SessionTurn = readonly SessionMessage[];

/** What has to fit beside the history, in tokens. */
export interface Occupied {
  /** Instructions, tools, the question. */
  tokens: number;
  /** The longest answer that was asked for. */
  maxTokens?: number | undefined;
}

/** How much of a conversation goes to a model: takes turns from the newest on until one does not fit. */
export class HistoryWindow {
  readonly #turns: SessionTurn[] = [];
  #left: number;
  #room: number;
  #isFull = false;

  constructor(
    model: Pick<ModelConfig, 'contextWindow' | 'maxOutputTokens'>,
    private readonly policy: HistoryPolicy,
    { tokens, maxTokens }: Occupied,
  ) {
    const window = model.contextWindow ?? USUAL_WINDOW;
    const answer =
      maxTokens === undefined
        ? Math.min(model.maxOutputTokens ?? USUAL_ANSWER, window / 4)
        : Math.min(maxTokens, window / 2);
    this.#room = Math.floor(window - tokens - answer);
    this.#left = Math.min(this.#room, policy.tokens ?? Infinity);
  }

  /** The turns that fit, oldest first. */
  get turns(): readonly SessionTurn[] {
    return this.#turns;
  }

  /** What is still free beside them, in tokens; below zero where the rest alone does not fit. */
  get room(): number {
    return this.#room;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  /** Takes the turn before those that it has. @returns whether it fits; once one does not, none does */
  add(turn: SessionTurn): boolean {
    const tokens = turn.reduce((sum, message) => sum + message.tokens, 0);
    const isOneTooMany = this.#turns.length >= (this.policy.turns ?? Infinity);
    this.#isFull ||= tokens > this.#left || isOneTooMany;
    if (this.#isFull) return false;
    this.#left -= tokens;
    this.#room -= tokens;
    this.#turns.unshift(turn);
    return true;
  }
}
