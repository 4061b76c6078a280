import { Absence } from './absence.js';
import { Backoff, pause } from './backoff.js';
import {
  ProblemError,
  StreamLostError,
  UnexpectedAnswerError,
  UnreachableError,
} from './errors.js';
import { isPassing, isPassingAnswer } from './passing-problems.js';
import { Reachability } from './reachability.js';
import { readEvents, withinSilence, type Reading } from './server-sent-events.js';
import type { ConnectionChange, ReaderOptions, StreamEvent } from './stream-options.js';
import { discard, mediaType, refusal, type Transport } from './transport.js';
import type { Chunk, FailureChunk, LastChunk } from './types.js';

/** What makes a run, or names one. */
export type RunSource = { body: object; idempotencyKey: string } | { runId: string; after: number };

/** What is missed comes at once with the answer to a reader that is back. In milliseconds. */
const REPLAY_START_MS = 100;

/** Events between which a reader waits longer are not the replay of what it has missed, in milliseconds. */
const REPLAY_GAP_MS = 5;

/** Says that the connection ended before the run did. */
class Cut extends Error {
  constructor(
    reason: string,
    /** The shortest wait that the service asked for, in milliseconds. */
    readonly retryAfter = 0,
    options?: ErrorOptions,
  ) {
    super(reason, options);
  }
}

/** An open connection. */
interface Opened {
  response: Response;
  /** When its headers were there, on the clock of `performance.now()`. */
  at: number;
}

/** Reads a run to its end, over as many connections as that takes. Each event is passed on once. */
export class RunReader {
  runId: string | undefined;
  sessionId: string | null | undefined;
  /** The last event that was passed on; 0: none. */
  position: number;
  last: LastChunk | FailureChunk | undefined;

  readonly #backoff: Backoff;
  #connection = 0;
  #current: AbortController | undefined;
  /** Something of the service has answered: from now on a failure is a cut. */
  #reached = false;
  /** An event was passed on. */
  #hasRead = false;
  #awayMs: number | undefined;
  /** When the connection last brought anything, or was begun. */
  #heardAt = 0;
  readonly #absence = new Absence();
  readonly #leaving = new AbortController();
  /** The caller's abort, or its leaving. */
  readonly #stopped: AbortSignal;

  constructor(
    private readonly transport: Transport,
    private readonly source: RunSource,
    private readonly options: ReaderOptions,
  ) {
    this.#backoff = new Backoff(options.random);
    const { signal } = this.#leaving;
    this.#stopped =
      options.signal === undefined ? signal : AbortSignal.any([options.signal, signal]);
    this.runId = 'runId' in source ? source.runId : undefined;
    this.position = 'runId' in source ? source.after : 0;
  }

  /** Ends the reading for good: nobody waits for the next chunk any more. */
  leave(): void {
    this.#leaving.abort(new Cut('Left'));
  }

  /** Cuts the connection; the run is gone on with after a while, in milliseconds. */
  disconnect(awayMs?: number): void {
    if (this.#current === undefined) return;
    this.#awayMs = awayMs ?? 0;
    this.#current.abort(new Cut('Disconnected on purpose'));
  }

  /**
   * @throws UnreachableError, ProblemError, UnexpectedAnswerError, StreamLostError; the reason of the
   * signal
   */
  async *chunks(): AsyncGenerator<Chunk, void, undefined> {
    try {
      for (;;) {
        this.options.signal?.throwIfAborted();
        try {
          yield* this.#connect();
          return;
        } catch (error) {
          this.options.signal?.throwIfAborted();
          if (this.#leaving.signal.aborted) return;
          if (!(error instanceof Cut)) throw error;
          await this.#comeBack(error);
        }
      }
    } catch (error) {
      if (!this.#leaving.signal.aborted) throw error;
    } finally {
      this.#current?.abort(new Cut('Left'));
      this.#tell({ state: 'closed' });
    }
  }

  /** Reads one connection. @throws Cut where it ends before the run */
  async *#connect(): AsyncGenerator<Chunk, void, undefined> {
    this.#connection++;
    this.#heardAt = performance.now();
    const controller = new AbortController();
    this.#current = controller;
    this.#tell({ state: 'connecting' });
    const { response, at } = await this.#open(controller.signal);
    if (response.status === 204) return;
    this.#heardAt = performance.now();
    this.#absence.pause(this.#heardAt);
    this.#tell({ state: 'open' });
    const readings = readEvents(response.body!, this.options.heartbeatTimeout);
    let waitedSince = at;
    let longestWait = REPLAY_START_MS;
    let replaying = this.#connection > 1 || 'runId' in this.source;
    try {
      for (;;) {
        const reading = await this.#read(readings);
        const receivedAt = performance.now();
        this.#heardAt = receivedAt;
        replaying &&= receivedAt - waitedSince <= longestWait;
        longestWait = REPLAY_GAP_MS;
        for (const event of reading.events) {
          const chunk = this.#take(event, receivedAt, replaying);
          if (chunk !== undefined) yield chunk;
          this.options.signal?.throwIfAborted();
          if (this.last !== undefined) return;
        }
        waitedSince = performance.now();
      }
    } finally {
      // Also where the reader leaves while an event is in its hands.
      controller.abort(new Cut('Left'));
      // For a `fetch` that does not heed its signal.
      void readings.return().catch(() => undefined);
    }
  }

  async #read(readings: AsyncGenerator<Reading, void, undefined>): Promise<Reading> {
    const read = await this.#orCut(readings.next());
    if (read.done) throw new Cut('The stream ended before its last event');
    if (read.value.retry !== undefined) this.#backoff.retry = read.value.retry;
    return read.value;
  }

  /** The chunk of an event; undefined where it was seen before. */
  #take(
    event: Reading['events'][number],
    receivedAt: number,
    replayed: boolean,
  ): Chunk | undefined {
    const chunk = parse(event.data);
    const dropped = event.id <= this.position;
    if (!dropped) {
      this.position = event.id;
      this.#hasRead = true;
      this.#absence.end();
      this.#backoff.reset();
      if (chunk.done) this.last = chunk;
    }
    const told: StreamEvent = {
      ...event,
      chunk,
      receivedAt,
      connection: this.#connection,
      replayed,
      dropped,
    };
    this.options.onEvent?.(told);
    return dropped ? undefined : chunk;
  }

  /** Connects, and makes of what is answered a stream or an error. */
  async #open(cut: AbortSignal): Promise<Opened> {
    const response = await this.#send(cut);
    const at = performance.now();
    this.options.onResponse?.({
      status: response.status,
      headers: response.headers,
      url: response.url,
      connection: this.#connection,
      receivedAt: at,
    });
    const isAgain = this.#reached;
    // The end was seen: so it was told which, and this reader has not seen what comes before it alone.
    if (response.status === 204 && this.position > 0 && !this.#hasRead) return { response, at };
    if (!response.ok) throw await this.#refused(response, isAgain);
    const type = mediaType(response);
    if (type !== 'text/event-stream' || response.body === null) {
      await discard(response);
      const unexpected = new UnexpectedAnswerError(response.status, type, response.url);
      throw isAgain ? new Cut(unexpected.message, 0, { cause: unexpected }) : unexpected;
    }
    this.#reached = true;
    this.runId ??= response.headers.get('X-Run-Id') ?? undefined;
    this.sessionId ??= response.headers.get('X-Session-Id');
    this.options.onRun?.(this.runId);
    return { response, at };
  }

  async #refused(response: Response, isAgain: boolean): Promise<Error> {
    const refused = await this.#orCut(
      withinSilence(refusal(response), this.options.heartbeatTimeout),
    );
    this.#reached ||= refused instanceof ProblemError;
    if (!isAgain) return refused;
    // A proxy's page where the service was: it is being started again.
    const passes =
      refused instanceof UnexpectedAnswerError
        ? isPassingAnswer(refused)
        : // Asked for the run by its id, whatever the service cannot do now says nothing of the run.
          isPassing(refused) || (this.runId !== undefined && refused.status >= 500);
    return passes ? new Cut(refused.message, refused.retryAfter, { cause: refused }) : refused;
  }

  async #send(cut: AbortSignal): Promise<Response> {
    const { headers, longestStart } = this.options;
    const either = AbortSignal.any([this.#stopped, cut]);
    const common = {
      ...headers,
      ...(this.position > 0 && { 'Last-Event-ID': String(this.position) }),
      Accept: 'text/event-stream',
    };
    const sent =
      this.runId === undefined && 'body' in this.source
        ? this.transport.send('/chat', {
            method: 'POST',
            body: { ...this.source.body, stream: true },
            headers: { ...common, 'Idempotency-Key': this.source.idempotencyKey },
            signal: either,
          })
        : this.transport.send(`/runs/${encodeURIComponent(this.runId!)}/stream`, {
            headers: common,
            signal: either,
          });
    try {
      return await withinSilence(sent, this.#reached ? this.#longestTry() : longestStart);
    } catch (error) {
      this.#stopped.throwIfAborted();
      // The request may still be on its way; nobody will read its answer.
      this.#current?.abort(new Cut('Too late'));
      if (cut.reason instanceof Cut && this.#awayMs !== undefined) throw cut.reason;
      if (!this.#reached) {
        const reachability = new Reachability(this.transport);
        if (!(await reachability.despite(error, this.#stopped))) {
          throw new UnreachableError(this.transport.baseUrl, { cause: error });
        }
        this.#reached = true;
      }
      throw new Cut('The connection failed', 0, { cause: error });
    }
  }

  /** Whatever goes wrong on the way is a cut. */
  async #orCut<T>(wait: Promise<T>): Promise<T> {
    try {
      return await wait;
    } catch (error) {
      throw error instanceof Cut ? error : new Cut('The connection broke', 0, { cause: error });
    }
  }

  /** Waits until it is time to connect again. @throws StreamLostError */
  async #comeBack(cut: Cut): Promise<void> {
    const { giveUpAfter } = this.options;
    const away = this.#awayMs;
    this.#awayMs = undefined;
    this.#current = undefined;
    if (away !== undefined) {
      this.#absence.pause(performance.now());
      this.#tell({ state: 'waiting', retryIn: away, reason: cut.message });
      return pause(away, this.#stopped);
    }
    this.#absence.lost(this.#heardAt);
    const now = performance.now();
    if (this.#absence.isOver(giveUpAfter, now)) {
      throw new StreamLostError(this.runId, this.position, { cause: cut.cause ?? cut });
    }
    const left = Math.max(0, giveUpAfter - this.#absence.duration(now));
    const wait = Math.min(this.#backoff.next(cut.retryAfter), left);
    this.#tell({ state: 'waiting', retryIn: wait, reason: cut.message });
    await pause(wait, this.#stopped);
  }

  /** Until the headers of a connection that is made again, in milliseconds. */
  #longestTry(): number {
    const { giveUpAfter, heartbeatTimeout } = this.options;
    return Math.min(heartbeatTimeout, this.#absence.left(giveUpAfter, performance.now()));
  }

  #tell(change: Omit<ConnectionChange, 'connection'>): void {
    this.options.onConnection?.({ ...change, connection: this.#connection });
  }
}

function parse(data: string): Chunk {
  try {
    return JSON.parse(data) as Chunk;
  } catch (error) {
    throw new Cut('An event is no JSON', 0, { cause: error });
  }
}
