import { AgnoError, RunFailedError } from './errors.js';
import type { RunReader } from './run-reader.js';
import type { Chunk, FailureChunk, LastChunk, Run } from './types.js';

/** What a stream asks of its client. */
export interface RunControl {
  /** Cancels the run, and answers with how it ended; undefined where none was started. */
  cancel(): Promise<Run | undefined>;
}

/**
 * An answer that is being written. Read it in one way, once: its chunks (`for await`), its text whole
 * (`text`) or in pieces (`textStream`), or its end (`final`). Nothing is sent before it is read.
 *
 * A connection that is cut is made again by itself; the reader sees each chunk once. Leaving the loop
 * closes the connection, and the run goes on without a reader: `cancel` stops it.
 */
export class AnswerStream implements AsyncIterable<Chunk> {
  #isRead = false;
  #isCancelled = false;

  constructor(
    private readonly reader: RunReader,
    private readonly control: RunControl,
  ) {}

  /** The run's id, once the service has answered: what `resume` takes. */
  get runId(): string | undefined {
    return this.reader.runId;
  }

  /** The session's id, once the service has answered; null where the run has none. */
  get sessionId(): string | null | undefined {
    return this.reader.last?.session_id ?? this.reader.sessionId;
  }

  /** The last event that was read; 0: none yet. */
  get position(): number {
    return this.reader.position;
  }

  /** The last chunk, once it was read: how the answer ended, what it took. */
  get last(): LastChunk | FailureChunk | undefined {
    return this.reader.last;
  }

  /**
   * The chunks, the last one too. A run that failed ends with a chunk that says so, not with an error.
   *
   * @throws UnreachableError, ProblemError, UnexpectedAnswerError, StreamLostError; the reason of the
   * signal
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Chunk, void> {
    return this.#leavable(this.#chunks());
  }

  /** The text, piece by piece. @throws RunFailedError at its end where the run failed; as the chunks do */
  textStream(): AsyncIterableIterator<string, void> {
    return this.#leavable(this.#pieces());
  }

  /** The whole text. @throws RunFailedError, which has the text until then; as the chunks do */
  async text(): Promise<string> {
    let text = '';
    for await (const piece of this.textStream()) text += piece;
    return text;
  }

  /**
   * How it ended: usage, timings, why. Reads what was not read yet.
   * @throws RunFailedError; AgnoError where the stream was resumed after its last event
   */
  async final(): Promise<LastChunk> {
    let text = '';
    if (!this.#isRead) for await (const { content } of this) text += content;
    this.#assertCompleted(text);
    if (this.last === undefined) throw new AgnoError('The end of this stream was not read');
    return this.last as LastChunk;
  }

  /**
   * Stops the run, and answers with how it ended: what was said stays. The stream then ends with a
   * chunk `cancelled`. Undefined where nothing had been started.
   *
   * @throws ProblemError, UnreachableError
   */
  async cancel(): Promise<Run | undefined> {
    if (!this.#isRead) {
      this.#isCancelled = true;
      if (this.runId === undefined) return undefined;
    }
    return this.control.cancel();
  }

  /**
   * Cuts the connection, to see how the stream goes on: it comes back by itself.
   * @param awayMs how long to stay away, in milliseconds. @default not at all
   */
  disconnect(awayMs?: number): void {
    this.reader.disconnect(awayMs);
  }

  async *#chunks(): AsyncGenerator<Chunk, void, undefined> {
    if (this.#isRead) throw new AgnoError('A stream is read once: it is being read already');
    this.#isRead = true;
    if (!this.#isCancelled) yield* this.reader.chunks();
  }

  async *#pieces(): AsyncGenerator<string, void, undefined> {
    let text = '';
    for await (const { content } of this.#chunks()) {
      text += content;
      if (content !== '') yield content;
    }
    this.#assertCompleted(text);
  }

  /** A generator that waits for the next chunk could be left only once it is there. */
  #leavable<T>(generator: AsyncGenerator<T, void, undefined>): AsyncIterableIterator<T, void> {
    const iterator: AsyncIterableIterator<T, void> = {
      next: () => generator.next(),
      return: () => {
        this.reader.leave();
        return generator.return();
      },
      throw: (error) => {
        this.reader.leave();
        return generator.throw(error);
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  #assertCompleted(text: string): void {
    const { last } = this;
    if (last?.finish_reason === 'error') throw new RunFailedError(last, text);
  }
}
