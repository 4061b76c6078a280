import { paragraphBreak } from '../../runs/paragraph-break.js';
import type { RunProgress } from '../../runs/run-progress.js';
import type { Usage } from '../../models/model-stream.js';
import { usageOf, type MadeCall } from './usage-meter.js';

/** What the model calls of a run add up to, over all its turns and owners. */
export class RunTally {
  readonly #made: MadeCall[] = [];
  readonly #callIds: Set<string>;
  #attempts: number;
  #text = '';

  constructor({ calls, callIds }: Pick<RunProgress, 'calls' | 'callIds'>) {
    this.#attempts = calls;
    this.#callIds = new Set(callIds);
  }

  /** Model calls made. */
  get attempts(): number {
    return this.#attempts;
  }

  /** The model calls that were made, but for those that nobody has answered. */
  get made(): readonly MadeCall[] {
    return this.#made;
  }

  /** The ids of all tool calls: none may mean another call. */
  get callIds(): ReadonlySet<string> {
    return this.#callIds;
  }

  /** The text of the turns that have ended. */
  get text(): string {
    return this.#text;
  }

  /** What is to stand before the text of the next turn. */
  get break(): string {
    return paragraphBreak(this.#text);
  }

  /** A model call has ended, however it did. */
  countAttempt(callIds: Iterable<string>): void {
    this.#attempts += 1;
    for (const id of callIds) this.#callIds.add(id);
  }

  addCall(call: MadeCall): void {
    this.#made.push(call);
  }

  /** A turn has ended. */
  addText(text: string): void {
    this.#text += text === '' ? '' : this.break + text;
  }

  usage(): Promise<Usage> {
    return usageOf(this.#made);
  }
}
