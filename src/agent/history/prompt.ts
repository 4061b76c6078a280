import type { ModelMessage } from '../../models/model-stream.js';
import { countMessage } from '../../models/token-count.js';
import type { FittingHistory } from './history.js';

/** What a prompt is made of. */
export interface PromptParts {
  instructions: readonly ModelMessage[];
  /** The conversation of the request, or the message of its session. */
  question: readonly ModelMessage[];
  /**
   * What was said in the session before, as far as it fits.
   * @param said what the run itself has said, in tokens
   */
  history(this: void, said: number): Promise<FittingHistory>;
}

/** What a model is told in each turn of a run. Of what was said before it, less where the run says more. */
export class Prompt {
  #history: FittingHistory | undefined;
  /** Of what the run has said, how many messages were counted, and their tokens. */
  #counted = { messages: 0, tokens: 0 };

  constructor(private readonly parts: PromptParts) {}

  /**
   * The messages for the next turn.
   * @param said all that the turns before have come to
   * @throws what the history throws
   */
  async with(said: readonly ModelMessage[]): Promise<readonly ModelMessage[]> {
    const { instructions, question, history } = this.parts;
    const tokens = await this.#count(said);
    if (this.#history === undefined || tokens > this.#history.room) {
      this.#history = await history(tokens);
    }
    return [...instructions, ...this.#history.messages, ...question, ...said];
  }

  async #count(said: readonly ModelMessage[]): Promise<number> {
    let { tokens } = this.#counted;
    for (const message of said.slice(this.#counted.messages)) tokens += await countMessage(message);
    this.#counted = { messages: said.length, tokens };
    return tokens;
  }
}
