import { setTimeout as wait } from 'node:timers/promises';
import { printable } from './printable.js';
import { TerminalMarkdown } from './terminal-markdown.js';
import type { Terminal } from './terminal.js';

/** Takes the text of an answer, piece by piece. */
export interface AnswerOutput {
  write(text: string): Promise<void>;
  /** Whether something else that is shown now would land in the middle of a line, or wipe it. */
  readonly isLineOpen: boolean;
  /** Ends the line, where one is open, so that something else can be shown. */
  breakLine(): void;
  /** Ends the answer with the end of a line. */
  end(): Promise<void>;
}

/** Shows an answer readably on a terminal, and hands it on as it is to a pipe. */
export function answerOutput(terminal: Terminal, delay: number | undefined): AnswerOutput {
  const output = terminal.isSeen ? new ShownAnswer(terminal) : new PipedAnswer(terminal);
  return delay === undefined ? output : new SlowAnswer(output, delay);
}

/** What only the next piece tells the meaning of: half of a line's end, half of a character. */
const HALF = /[\r\ud800-\udbff]$/;

class ShownAnswer implements AnswerOutput {
  readonly #markdown: TerminalMarkdown;
  #half = '';
  isLineOpen = false;

  constructor(private readonly terminal: Terminal) {
    this.#markdown = new TerminalMarkdown((text) => this.#print(text), terminal.style);
  }

  async write(text: string): Promise<void> {
    const whole = this.#half + text;
    [this.#half = ''] = HALF.exec(whole) ?? [];
    this.#markdown.push(printable(whole.slice(0, whole.length - this.#half.length)));
  }

  breakLine(): void {
    if (this.isLineOpen) this.#print('\n');
  }

  async end(): Promise<void> {
    this.#markdown.push(printable(this.#half));
    this.#markdown.end();
    this.breakLine();
  }

  #print(text: string): void {
    if (text === '') return;
    this.isLineOpen = !text.endsWith('\n');
    this.terminal.print(text);
  }
}

class PipedAnswer implements AnswerOutput {
  /** What else is shown goes elsewhere. */
  readonly isLineOpen = false;
  #last = '\n';

  constructor(private readonly terminal: Terminal) {}

  async write(text: string): Promise<void> {
    if (text === '') return;
    this.#last = text.at(-1)!;
    this.terminal.print(text);
  }

  breakLine(): void {
    // The text is handed on as it is.
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

  get isLineOpen(): boolean {
    return this.output.isLineOpen;
  }

  breakLine(): void {
    this.output.breakLine();
  }

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
