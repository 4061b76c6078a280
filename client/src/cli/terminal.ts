import { isUtf8 } from 'node:buffer';
import { createInterface } from 'node:readline';
import { UsageError } from './options.js';
import { printable } from './printable.js';
import { styleFor, type Style } from './style.js';

/** How long after a line further ones belong to it, because they were pasted, in milliseconds. */
const PASTE_MS = 30;

/** Where the program reads and writes: answers on one stream, everything else on the other. */
export class Terminal {
  readonly style: Style;
  readonly statusStyle: Style;
  #history: string[] = [];

  constructor(
    readonly input: NodeJS.ReadStream = process.stdin,
    readonly output: NodeJS.WriteStream = process.stdout,
    readonly status: NodeJS.WriteStream = process.stderr,
    env: Readonly<NodeJS.ProcessEnv> = process.env,
  ) {
    this.style = styleFor(output, env);
    this.statusStyle = styleFor(status, env);
    this.canRedraw = this.isSeen && status.isTTY === true && env['TERM'] !== 'dumb';
  }

  /** Whether somebody sees what is printed. */
  get isSeen(): boolean {
    return this.output.isTTY === true;
  }

  /** Whether a line of the status can be drawn again and again. */
  readonly canRedraw: boolean;

  /** Whether somebody can be asked. */
  get canAsk(): boolean {
    return this.input.isTTY === true && this.status.isTTY === true;
  }

  print(text: string): void {
    this.output.write(text);
  }

  printJson(document: unknown): void {
    this.print(`${JSON.stringify(document)}\n`);
  }

  /** A line for whoever runs the program. What is not ours in it must be printable. */
  tell(line: string): void {
    this.status.write(`${printable(line)}\n`);
  }

  /**
   * Asks for a line; lines that were pasted at once are one answer. Undefined: nothing more will come,
   * or Ctrl-C.
   */
  async ask(prompt: string): Promise<string | undefined> {
    // Made anew for each question: in between the terminal is as it was, and Ctrl-C a signal.
    const reading = createInterface({
      input: this.input,
      output: this.status,
      history: [...this.#history],
    });
    const lines: string[] = [];
    const answer = await new Promise<string | undefined>((resolve) => {
      let pasted: ReturnType<typeof setTimeout> | undefined;
      reading.on('line', (line) => {
        lines.push(line);
        clearTimeout(pasted);
        pasted = setTimeout(() => resolve(lines.join('\n')), PASTE_MS);
      });
      reading.on('close', () => resolve(lines.length > 0 ? lines.join('\n') : undefined));
      reading.on('SIGINT', () => {
        this.status.write('\n');
        lines.length = 0;
        reading.close();
      });
      reading.setPrompt(prompt);
      reading.prompt();
    });
    reading.close();
    if (answer !== undefined && answer.trim() !== '') this.#history.unshift(answer);
    return answer;
  }

  /** All of the input. @throws UsageError where it is not UTF-8 */
  async read(): Promise<string> {
    const pieces: Buffer[] = [];
    for await (const piece of this.input) pieces.push(piece as Buffer);
    const bytes = Buffer.concat(pieces);
    if (!isUtf8(bytes)) throw new UsageError('The message on standard input is not UTF-8');
    return new TextDecoder().decode(bytes);
  }
}
