import type { Readable } from 'node:stream';
import { ConnectionClosedError } from './transport-errors.js';

/** Who is told what arrives. After `end` or `error`, or once the body is closed, nothing follows. */
export interface BodySink {
  data(chunk: Uint8Array): void;
  end(): void;
  error(cause: unknown): void;
}

/** The bytes of a response, pushed as they arrive. */
export interface ResponseBody {
  /** Begins to deliver; called once. */
  open(sink: BodySink): void;
  /** Stops reading from the socket, so that the sender has to wait. */
  pause(): void;
  resume(): void;
  /** Closes the connection at once. */
  close(): void;
  /**
   * The answer is complete: nothing more is delivered, and the connection is kept for the next
   * request if the rest of the body comes soon.
   */
  release(): void;
}

/** How long a connection may take to end a body whose answer is complete, in milliseconds. */
const RELEASE_LIMIT = 1_000;

/** A Node stream, such as an `IncomingMessage`. */
export class NodeBody implements ResponseBody {
  #detach: (() => void) | undefined;

  constructor(private readonly stream: Readable) {}

  open(sink: BodySink): void {
    const { stream } = this;
    const data = (chunk: Uint8Array) => sink.data(chunk);
    const end = () => this.#settle(() => sink.end());
    const error = (cause: unknown) => this.#settle(() => sink.error(cause));
    // A stream that is destroyed without an error says only 'close'.
    const close = () => error(new ConnectionClosedError());
    this.#detach = () => {
      this.#detach = undefined;
      stream.off('data', data).off('end', end).off('error', error).off('close', close);
      // What fails later concerns nobody, but an 'error' without a listener ends the process.
      stream.on('error', ignore);
    };
    stream.on('end', end).on('error', error).on('close', close);
    if (stream.destroyed)
      queueMicrotask(() => error(stream.errored ?? new ConnectionClosedError()));
    else stream.on('data', data);
  }

  pause(): void {
    this.stream.pause();
  }

  resume(): void {
    this.stream.resume();
  }

  close(): void {
    this.#detach?.();
    this.stream.destroy();
  }

  release(): void {
    const { stream } = this;
    this.#detach?.();
    if (stream.readableEnded || stream.destroyed) return;
    const timer = setTimeout(() => stream.destroy(), RELEASE_LIMIT).unref();
    stream.once('close', () => clearTimeout(timer));
    stream.resume();
  }

  #settle(tell: () => void): void {
    if (this.#detach === undefined) return;
    this.#detach();
    tell();
  }
}

/** A WHATWG stream, such as the `body` of what `fetch` returns. */
export class WebBody implements ResponseBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #sink: BodySink | undefined;
  #go: (() => void) | undefined;
  #paused = false;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  open(sink: BodySink): void {
    this.#sink = sink;
    void this.#pump();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#go?.();
  }

  close(): void {
    this.#sink = undefined;
    this.resume();
    this.#reader.cancel().catch(ignore);
  }

  /** There is no connection to keep. */
  release(): void {
    this.close();
  }

  async #pump(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done) break;
        this.#sink?.data(value);
        if (this.#paused) await new Promise<void>((go) => (this.#go = go));
        if (this.#sink === undefined) return;
      }
    } catch (cause) {
      this.#sink?.error(cause);
      return;
    }
    this.#sink?.end();
  }
}

/** The body of a response that has none, such as a 204. */
export class EmptyBody implements ResponseBody {
  open(sink: BodySink): void {
    queueMicrotask(() => sink.end());
  }
  pause(): void {}
  resume(): void {}
  close(): void {}
  release(): void {}
}

function ignore(): void {}
