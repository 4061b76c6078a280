import type { ModelDelta, ModelMessage, ModelTool } from '../../models/model-stream.js';
import type { RunEventBody } from '../../runs/run-event.js';
import type { ModelAnswer } from './model-answer.js';
import { UsageMeter, type MadeCall } from './usage-meter.js';

/** How a model is called. */
export interface AttemptOptions {
  /** What the model is given. */
  messages: readonly ModelMessage[];
  tools: readonly ModelTool[];
  /** The most tokens that it may say; undefined: its own limit. */
  maxTokens: number | undefined;
  /** The how-manieth call of the run it is, from 1. */
  number: number;
  /** What is to be said before the first event of a call that goes on; undefined: it begins. */
  announcement: readonly RunEventBody[] | undefined;
  /** The calls before it. */
  earlier: readonly MadeCall[];
  /** Whether readers want to know the usage while it grows. */
  tellsUsage: boolean;
}

/** One model call of a turn: makes events of what the model says. */
export class Attempt {
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly ModelTool[];
  readonly maxTokens: number | undefined;
  readonly number: number;
  #announcement: readonly RunEventBody[];
  readonly #meter: UsageMeter | undefined;
  #hasEvents = false;

  constructor(
    readonly answer: ModelAnswer,
    { messages, tools, maxTokens, number, announcement, earlier, tellsUsage }: AttemptOptions,
  ) {
    this.messages = messages;
    this.tools = tools;
    this.maxTokens = maxTokens;
    this.number = number;
    this.#announcement = announcement
      ? [{ type: 'provider_switched', attempt: number }, ...announcement]
      : [];
    this.#meter = tellsUsage
      ? new UsageMeter(earlier, { prompt: messages, tools }, answer)
      : undefined;
  }

  /** Whether anything that was said became an event; an echo, for one, does not. */
  get hasEvents(): boolean {
    return this.#hasEvents;
  }

  /**
   * The events of deltas that arrived together.
   * @throws NotContinuedError
   */
  take(deltas: readonly ModelDelta[]): readonly RunEventBody[] {
    const events = this.answer.take(deltas);
    const usage = this.#meter?.next();
    if (usage !== undefined) events.unshift({ type: 'usage', usage });
    if (events.length === 0) return events;
    this.#hasEvents = true;
    const announcement = this.#announcement;
    if (announcement.length === 0) return events;
    this.#announcement = [];
    return [...announcement, ...events];
  }
}
