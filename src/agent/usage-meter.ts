import type { ModelMessage, Usage } from '../models/model-stream.js';
import { countTokens, estimateUsage } from '../models/token-count.js';
import type { ModelAnswer } from './model-answer.js';

/** How often the usage so far is told while an answer streams, in milliseconds. */
const INTERVAL = 1_000;

/** Tells the tokens of an answer: the provider's count, or ours where it gives none. */
export class UsageMeter {
  #toldAt = performance.now();
  #input: Promise<Usage> | undefined;
  /** What has been counted of the output: each estimate counts only what came since. */
  #counted = { pieces: 0, tokens: 0 };

  constructor(
    private readonly prompt: readonly ModelMessage[],
    private readonly answer: ModelAnswer,
  ) {}

  async total(): Promise<Usage> {
    return this.answer.usage ?? (await estimateUsage(this.prompt, this.answer.output.join('')));
  }

  /** The tokens so far, when it was last told a second ago; otherwise undefined. */
  async soFar(): Promise<Usage | undefined> {
    if (performance.now() - this.#toldAt < INTERVAL) return undefined;
    this.#toldAt = performance.now();
    if (this.answer.usage !== undefined) return this.answer.usage;
    this.#input ??= estimateUsage(this.prompt, '');
    const { inputTokens } = await this.#input;
    const { output } = this.answer;
    const fresh = await countTokens(output.slice(this.#counted.pieces).join(''));
    this.#counted = { pieces: output.length, tokens: this.#counted.tokens + fresh };
    const outputTokens = this.#counted.tokens;
    return {
      inputTokens,
      outputTokens,
      totalTokens: inputTokens + outputTokens,
      estimated: true,
    };
  }
}
