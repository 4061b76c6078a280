import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { createParser } from 'eventsource-parser';
import { ObservedList } from './observed-list.js';

/** One server-sent event with data. */
export interface ReceivedEvent {
  id: string | undefined;
  /** The event's type, where it has one. */
  event: string | undefined;
  data: string;
  /** Milliseconds of a `retry:` line in or before this event. */
  retry: number | undefined;
  /** `data` parsed as JSON. */
  json<T = Record<string, unknown>>(): T;
}

/** How the body ended: as the server meant it, or with the connection. */
export type StreamEnd = 'end' | 'cut';

/** A response that is read as it arrives. */
export class OpenStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Resolves at the end of the body, whatever it is; it never rejects. */
  readonly ended: Promise<StreamEnd>;
  readonly #bytes: Buffer[] = [];
  readonly #events = new ObservedList<ReceivedEvent>();
  readonly #comments = new ObservedList<string>();
  readonly #decoder = new TextDecoder();
  #retry: number | undefined;

  constructor(private readonly response: IncomingMessage) {
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    const parser = createParser({
      onEvent: ({ id, event, data }) => this.#take(id, event, data),
      onComment: (comment) => this.#comments.push(comment),
      onRetry: (retry) => (this.#retry = retry),
    });
    response.on('data', (piece: Buffer) => {
      this.#bytes.push(piece);
      parser.feed(this.#decoder.decode(piece, { stream: true }));
    });
    this.ended = new Promise((resolve) => {
      // Without a listener, the 'error' of a cut connection would end the test process.
      response.on('error', () => undefined);
      response.once('close', () => {
        const end = response.complete ? 'end' : 'cut';
        this.#events.close(`The stream ended (${end})`);
        this.#comments.close(`The stream ended (${end})`);
        resolve(end);
      });
    });
  }

  /** Every byte so far, exactly as received. */
  get bytes(): Buffer {
    return Buffer.concat(this.#bytes);
  }

  /** Every byte so far, as text. */
  get text(): string {
    return this.bytes.toString();
  }

  /** Every event with data so far. */
  get events(): readonly ReceivedEvent[] {
    return this.#events.items;
  }

  /** Every comment line so far, such as heartbeats. */
  get comments(): readonly string[] {
    return this.#comments.items;
  }

  /** The event at this index, counted from 0; waits for it, fails where the body ends before. */
  event(index: number): Promise<ReceivedEvent> {
    return this.#events.at(index);
  }

  /** The first event that fits; waits for it, fails where the body ends before. */
  until(fits: (event: ReceivedEvent) => boolean): Promise<ReceivedEvent> {
    return this.#events.find(fits);
  }

  /** The comment at this index, counted from 0; waits for it, fails where the body ends before. */
  comment(index: number): Promise<string> {
    return this.#comments.at(index);
  }

  /** Leaves: destroys the socket. `ended` then says `cut`. */
  cut(): void {
    this.response.destroy();
  }

  /** Stops reading, so that the kernel's buffers fill up and the server feels a slow reader. */
  pause(): void {
    this.response.pause();
  }

  resume(): void {
    this.response.resume();
  }

  #take(id: string | undefined, event: string | undefined, data: string): void {
    const retry = this.#retry;
    this.#retry = undefined;
    this.#events.push({ id, event, data, retry, json: <T>() => JSON.parse(data) as T });
  }
}
