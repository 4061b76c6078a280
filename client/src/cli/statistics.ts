import type { FailureChunk, LastChunk, StreamEvent, Usage } from '../index.js';

/** What an answer has taken, measured where it is read. */
export class Statistics {
  #start = performance.now();
  #arrivals: number[] = [];
  #events = 0;
  /** The connections on which events came: one that brought none resumed nothing. */
  readonly #connections = new Set<number>();

  /** Begins to measure: the request is sent now. */
  begin(): void {
    this.#start = performance.now();
  }

  event({ chunk, receivedAt, connection, dropped }: StreamEvent): void {
    if (dropped) return;
    this.#connections.add(connection);
    this.#events++;
    if (chunk.content !== '') this.#arrivals.push(receivedAt);
  }

  /** Since the request was sent, in milliseconds. */
  since(at: number): number {
    return at - this.#start;
  }

  /** The lines to print. @param last the last chunk, where the answer was streamed to its end */
  lines(end: LastChunk | FailureChunk | { usage: Usage } | undefined): string[] {
    const lines: string[] = [];
    const total = performance.now() - this.#start;
    const [first] = this.#arrivals;
    const last = this.#arrivals.at(-1);
    if (first !== undefined) lines.push(`first token  ${ms(first - this.#start)}`);
    lines.push(`total        ${ms(total)}`);
    const tokens = end?.usage.output_tokens;
    if (tokens !== undefined) {
      const over = first === undefined || last === first ? total : last! - first;
      lines.push(`tokens/s     ${over > 0 ? ((tokens / over) * 1000).toFixed(1) : '–'}`);
    }
    const gaps = this.#arrivals.slice(1).map((at, index) => at - this.#arrivals[index]!);
    if (gaps.length > 0) {
      gaps.sort((a, b) => a - b);
      const at = (share: number): string => ms(gaps[Math.ceil(share * gaps.length) - 1]!);
      lines.push(`gaps         median ${at(0.5)}, 95 % below ${at(0.95)}, longest ${at(1)}`);
    }
    if (this.#events > 0) {
      const cuts = this.#connections.size - 1;
      const resumed = cuts === 0 ? '' : `, resumed ${cuts} time${cuts === 1 ? '' : 's'}`;
      lines.push(`events       ${this.#events}, ${this.#arrivals.length} with text${resumed}`);
    }
    if (end !== undefined) lines.push(`usage        ${usageLine(end.usage)}`);
    return lines;
  }
}

function usageLine({ input_tokens, output_tokens, total_tokens, estimated }: Usage): string {
  const counted = estimated ? ' (estimated)' : '';
  return `${input_tokens} + ${output_tokens} = ${total_tokens} tokens${counted}`;
}

function ms(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}
