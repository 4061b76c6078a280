import type { ModelMessage, ModelTool, Usage } from '../../models/model-stream.js';
import { countTokens, estimateUsage } from '../../models/token-count.js';
import type { ModelAnswer } from './model-answer.js';

/** How often the usage so far is told while an answer streams, in milliseconds. */
const INTERVAL = 1_000;

const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };

/** A model call that was made, by what it was given and what it has produced. */
export interface MadeCall {
  prompt: readonly ModelMessage[];
  tools: readonly ModelTool[];
  /** Reasoning and tool arguments included. */
  output: string;
  /** By the provider's own count; undefined where it has told none. */
  usage?: Usage | undefined;
}

/** The tokens of model calls: the providers' counts, and ours where there is none. */
export async function usageOf(calls: readonly MadeCall[]): Promise<Usage> {
  let sum = NO_USAGE;
  for (const call of calls) sum = add(sum, call.usage ?? (await estimate(call)));
  return sum;
}

async function estimate({ prompt, tools, output }: MadeCall): Promise<Usage> {
  const usage = await estimateUsage(prompt, output);
  if (tools.length === 0) return usage;
  const inputTokens = await countTokens(JSON.stringify(tools));
  return add(usage, { inputTokens, outputTokens: 0, totalTokens: inputTokens });
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
    private readonly given: Pick<MadeCall, 'prompt' | 'tools'>,
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
    this.#before ??= usageOf([...this.earlier, { ...this.given, output: '' }]);
    const before = await this.#before;
    const { output } = this.answer;
    const pieces = output.length;
    const fresh = await countTokens(output.slice(this.#output.pieces).join(''));
    const outputTokens = this.#output.tokens + fresh;
    this.#output = { pieces, tokens: outputTokens };
    return add(before, { inputTokens: 0, outputTokens, totalTokens: outputTokens });
  }
}
