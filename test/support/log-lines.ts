import { Writable } from 'node:stream';
import { ObservedList } from './observed-list.js';

/** One line of the service's structured log. */
export type LogLine = Record<string, unknown>;

/** Takes the JSON lines of a log and lets a test wait for one. */
export class LogLines extends Writable {
  readonly #lines = new ObservedList<LogLine>();
  readonly #decoder = new TextDecoder();
  readonly #text: string[] = [];
  #rest = '';

  /** Every line so far. A line that is no JSON object is `{text}`. */
  get lines(): readonly LogLine[] {
    return this.#lines.items;
  }

  /** All that was written so far, to search for what must not be in it. */
  get text(): string {
    return this.#text.join('');
  }

  /** The first line that fits; waits for it, fails where the log ends before. */
  until(fits: (line: LogLine) => boolean): Promise<LogLine> {
    return this.#lines.find(fits);
  }

  override _write(bytes: Buffer, _encoding: string, callback: () => void): void {
    const text = this.#decoder.decode(bytes, { stream: true });
    this.#text.push(text);
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') this.#lines.push(parseLine(line));
    callback();
  }

  override _final(callback: () => void): void {
    if (this.#rest !== '') this.#lines.push(parseLine(this.#rest));
    this.#lines.close('The log ended');
    callback();
  }
}

function parseLine(text: string): LogLine {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === 'object' && line !== null ? (line as LogLine) : { text };
  } catch {
    return { text };
  }
}
