import { setTimeout as wait } from 'node:timers/promises';
import { printable } from './printable.js';
import { TerminalMarkdown } from './terminal-markdown.js';
import type { Terminal } from './terminal.js';

/** Takes the text of an answer, piece by piece. */
export interface AnswerOutput {
  write(text: string): Promise<void>;
  /** Ends the answer with the end of a line. */
  end(): Promise<void>;
}

/** Shows an answer readably on a terminal, and hands it on as it is to a pipe. */
export function answerOutput(terminal: Terminal, delay: number | undefined): AnswerOutput {
  const output = terminal.isSeen ? new ShownAnswer(terminal) : new PipedAnswer(terminal);
  return delay === undefined ? output : new SlowAnswer(output, delay);
}

class ShownAnswer implements AnswerOutput {
  readonly #markdown: TerminalMarkdown;
  #isLineOpen = false;

  constructor(terminal: Terminal) {
    const write = (text: string): void => {
      if (text === '') return;
      this.#isLineOpen = !text.endsWith('\n');
      terminal.print(text);
    };
    this.#markdown = new TerminalMarkdown(write, terminal.style);
    this.end = async () => {
      this.#markdown.end();
      if (this.#isLineOpen) write('\n');
    };
  }

  async write(text: string): Promise<void> {
    this.#markdown.push(printable(text));
  }

  readonly end: () => Promise<void>;
}

class PipedAnswer implements AnswerOutput {
  #last = '\n';

  constructor(private readonly terminal: Terminal) {}

  async write(text: string): Promise<void> {
    if (text === '') return;
    this.#last = text.at(-1)!;
    this.terminal.print(text);
  }

  async end(): Promise<void> {
    if (this.#last !== '\n') this.terminal.print('\n');
  }
}

/** Character by character, to make streaming visible. */
class SlowAnswer implements AnswerOutput {
  readonly #graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

  constructor(
    private readonly output: AnswerOutput,
    private readonly delay: number,
  ) {}

  async write(text: string): Promise<void> {
    for (const { segment } of this.#graphemes.segment(text)) {
      await this.output.write(segment);
      await wait(this.delay);
    }
  }

  async end(): Promise<void> {
    return this.output.end();
  }
}
