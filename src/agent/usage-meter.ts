import type { ModelMessage, Usage } from '../models/model-stream.js';
import { countTokens, estimateUsage } from '../models/token-count.js';
import type { ModelAnswer } from './model-answer.js';

/** How often the usage so far is told while an answer streams, in milliseconds. */
const INTERVAL = 1_000;

const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };

/** A model call that was made, by what it was given and what it has produced. */
export interface MadeCall {
  prompt: readonly ModelMessage[];
  /** Reasoning and tool arguments included. */
  output: string;
  /** By the provider's own count; undefined where it has told none. */
  usage?: Usage | undefined;
}

/** The tokens of model calls: the providers' counts, and ours where there is none. */
export async function usageOf(calls: readonly MadeCall[]): Promise<Usage> {
  let sum = NO_USAGE;
  for (const { prompt, output, usage } of calls) {
    sum = add(sum, usage ?? (await estimateUsage(prompt, output)));
  }
  return sum;
}

function add(one: Usage, other: Usage): Usage {
  return {
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    totalTokens: one.totalTokens + other.totalTokens,
    ...((one.estimated || other.estimated) && { estimated: true }),
  };
}

/** Tells the tokens of a run while its answer streams, the calls before this one included. */
export class UsageMeter {
  #toldAt = performance.now();
  #counting = false;
  #counted: Usage | undefined;
  #before: Promise<Usage> | undefined;
  /** What has been counted of the output: each estimate counts only what came since. */
  #output = { pieces: 0, tokens: 0 };

  constructor(
    private readonly earlier: readonly MadeCall[],
    private readonly prompt: readonly ModelMessage[],
    private readonly answer: ModelAnswer,
  ) {}

  /**
   * The tokens so far, about once a second; otherwise undefined. They are counted aside and told with
   * a later piece: the answer, and above all its end, waits for no counting.
   */
  next(): Usage | undefined {
    const counted = this.#counted;
    this.#counted = undefined;
    if (!this.#counting && performance.now() - this.#toldAt >= INTERVAL) {
      this.#toldAt = performance.now();
      this.#counting = true;
      // A count that fails is left out here; the one at the end tells of it.
      void this.#count()
        .catch(() => undefined)
        .then((usage) => {
          this.#counting = false;
          this.#counted = usage;
        });
    }
    return counted;
  }

  async #count(): Promise<Usage> {
    this.#before ??= usageOf([...this.earlier, { prompt: this.prompt, output: '' }]);
    const before = await this.#before;
    const { output } = this.answer;
    const pieces = output.length;
    const fresh = await countTokens(output.slice(this.#output.pieces).join(''));
    const outputTokens = this.#output.tokens + fresh;
    this.#output = { pieces, tokens: outputTokens };
    return add(before, { inputTokens: 0, outputTokens, totalTokens: outputTokens });
  }
}
