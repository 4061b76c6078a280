import type { ModelDelta } from '../model-stream.js';
import { AnswerReader } from './answer-reader.js';
import { CompletionDecoder } from './completion-decoder.js';
import type { ResponseBody } from './response-body.js';
import { SilenceDeadline } from './silence-deadline.js';

/** The most characters of payload that wait for the consumer before the socket is paused. */
export const MAX_BACKLOG = 64 * 1024;

/** The longest wait for usage once the model has said that it finished, in milliseconds. */
export const USAGE_WAIT = 5_000;

/** A successful response: where its bytes come from and what they claim to be. */
export interface OpenedResponse {
  body: ResponseBody;
  contentType: string | null;
}

/** What a {@link ProviderStream} is made of. */
export interface ProviderCall {
  /** Sends the request. Its signal closes the socket. */
  open(signal: AbortSignal): Promise<OpenedResponse>;
  /** The caller's: ends the call at once. */
  signal: AbortSignal;
  /** Longest silence before the first piece of the answer, in milliseconds. */
  firstTokenTimeoutMs: number;
  /** Longest silence after it, in milliseconds. */
  tokenTimeoutMs: number;
  /** Whether its model may leave what it thinks in the text; see `ThinkTags`. @default false */
  thinkTags?: boolean;
  /** What a silence that is too long is thrown as. */
  timeout(limitMs: number, answered: boolean): Error;
  /** What any other failure is thrown as. */
  failure(cause: unknown): Error;
}

type Piece = IteratorResult<readonly ModelDelta[], undefined>;

interface Waiting {
  resolve(piece: Piece): void;
  reject(reason: unknown): void;
}

/**
 * One model call, as its consumer reads it. The request goes out with the first `next()`.
 *
 * It is written by hand and not as a generator: a generator that awaits the next byte hears of
 * neither `return()` nor an abort before that byte is there.
 */
export class ProviderStream implements AsyncIterableIterator<readonly ModelDelta[], undefined> {
  readonly #decoder: CompletionDecoder;
  readonly #request = new AbortController();
  readonly #silence = new SilenceDeadline(() => this.#onSilence());
  #reader: AnswerReader | undefined;
  #body: ResponseBody | undefined;
  #waiting: Waiting | undefined;
  #outcome: { error?: unknown } | undefined;
  #started = false;
  #backlog = 0;
  #usageTimer: NodeJS.Timeout | undefined;
  #delivering = false;

  constructor(private readonly call: ProviderCall) {
    this.#decoder = new CompletionDecoder({ thinkTags: call.thinkTags });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Piece> {
    if (this.#waiting !== undefined) {
      return Promise.reject(new Error('A model stream is read one piece at a time.'));
    }
    if (!this.#started) this.#start();
    return new Promise((resolve, reject) => {
      const waiting = { resolve, reject };
      if (this.#settle(waiting)) return;
      this.#waiting = waiting;
      this.#silence.watch(this.#limit);
    });
  }

  /** The consumer has had enough: the socket is closed. */
  return(): Promise<Piece> {
    this.#decoder.deltas.clear();
    this.#close({});
    this.#outcome = {};
    this.#deliver();
    return Promise.resolve({ done: true, value: undefined });
  }

  #start(): void {
    this.#started = true;
    const { signal } = this.call;
    if (signal.aborted) return this.#onAbort();
    signal.addEventListener('abort', this.#onAbort);
    this.call.open(this.#request.signal).then(
      (response) => this.#receive(response),
      (cause: unknown) => this.#fail(cause),
    );
  }

  #receive({ body, contentType }: OpenedResponse): void {
    if (this.#outcome !== undefined) return body.close();
    this.#body = body;
    this.#reader = new AnswerReader(contentType, this.#decoder, {
      read: (characters) => (this.#backlog += characters),
      alive: () => this.#silence.alive(),
    });
    body.open({
      data: (chunk) => this.#onData(chunk),
      end: () => this.#onEnd(),
      error: (cause) => {
        this.#body = undefined;
        this.#onCut(cause);
      },
    });
  }

  #onData(chunk: Uint8Array): void {
    try {
      this.#reader?.push(chunk);
    } catch (cause) {
      return this.#onCut(cause);
    }
    if (this.#decoder.done) return this.#finish();
    if (this.#decoder.finished) this.#awaitUsage();
    // What made no delta waits for nobody: pausing for it would be for ever.
    if (this.#decoder.deltas.isEmpty) this.#backlog = 0;
    else this.#deliverSoon();
    if (this.#backlog > MAX_BACKLOG) this.#body?.pause();
  }

  #onEnd(): void {
    this.#body = undefined;
    try {
      this.#reader?.end();
    } catch (cause) {
      return this.#onCut(cause);
    }
    this.#finish();
  }

  /**
   * The connection broke, or nothing that can be read comes any more. After a finish reason the
   * answer is whole: only its usage can have been lost.
   */
  #onCut(cause: unknown): void {
    if (this.#decoder.finished) this.#finish();
    else this.#fail(cause);
  }

  /** Some servers say neither usage nor `[DONE]`, and leave the connection open. */
  #awaitUsage(): void {
    this.#usageTimer ??= setTimeout(() => this.#finish(), USAGE_WAIT);
  }

  #onSilence(): void {
    if (this.#decoder.finished) return this.#finish();
    this.#failWith(this.call.timeout(this.#limit, this.#decoder.answered));
  }

  readonly #onAbort = (): void => {
    this.#decoder.deltas.clear();
    this.#decoder.addUsage();
    this.#close({ error: this.call.signal.reason });
    this.#deliver();
  };

  #finish(): void {
    try {
      this.#decoder.end();
    } catch (cause) {
      return this.#fail(cause);
    }
    if (this.#decoder.done) {
      this.#body?.release();
      this.#body = undefined;
    }
    this.#close({});
    this.#deliverSoon();
  }

  #fail(cause: unknown): void {
    if (this.#outcome === undefined) this.#failWith(this.call.failure(cause));
  }

  #failWith(error: Error): void {
    this.#decoder.addUsage();
    this.#close({ error });
    this.#deliverSoon();
  }

  #close(outcome: { error?: unknown }): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    this.#started = true;
    this.call.signal.removeEventListener('abort', this.#onAbort);
    this.#silence.stop();
    clearTimeout(this.#usageTimer);
    if (this.#body !== undefined) this.#body.close();
    else if (this.#reader === undefined) this.#request.abort(outcome.error);
    this.#body = undefined;
  }

  /** What came in one read of the socket comes as several chunks; it is delivered as one. */
  #deliverSoon(): void {
    if (this.#delivering || this.#waiting === undefined) return;
    this.#delivering = true;
    process.nextTick(this.#deliver);
  }

  readonly #deliver = (): void => {
    this.#delivering = false;
    const waiting = this.#waiting;
    if (waiting === undefined || !this.#settle(waiting)) return;
    this.#waiting = undefined;
    this.#silence.rest();
  };

  /** Gives the next piece, or says how it ended. False: there is nothing to say yet. */
  #settle(waiting: Waiting): boolean {
    const { deltas } = this.#decoder;
    if (!deltas.isEmpty) {
      if (this.#backlog > MAX_BACKLOG) this.#body?.resume();
      this.#backlog = 0;
      waiting.resolve({ done: false, value: deltas.take() });
      return true;
    }
    const outcome = this.#outcome;
    if (outcome === undefined) return false;
    // A failure is thrown once; whoever asks again is told that it is over.
    this.#outcome = {};
    if ('error' in outcome) waiting.reject(outcome.error);
    else waiting.resolve({ done: true, value: undefined });
    return true;
  }

  get #limit(): number {
    const { firstTokenTimeoutMs, tokenTimeoutMs } = this.call;
    return this.#decoder.answered ? tokenTimeoutMs : firstTokenTimeoutMs;
  }
}
