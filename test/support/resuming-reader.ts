import { request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { BreakingSocket } from './breaking-socket.js';
import type { NativeChunk } from './native-chunks.js';
import { WireEvents, type WireEvent } from './wire-events.js';

/** The request that starts a run and, repeated, joins it. */
export interface AskedRun {
  /** Of the service, without a slash at its end. */
  url: string;
  /** For `POST /api/v1/chat`; `stream` is added. */
  body: Readonly<Record<string, unknown>>;
  idempotencyKey: string;
}

/** The ways to come back to a run. */
export const ROUTES = [
  /** `GET …/stream` with `Last-Event-ID`. */
  'last-event-id',
  /** `GET …/stream?after=`. */
  'after',
  /** The `POST` again, with its key and `Last-Event-ID`. */
  'repeat',
  /** `GET …/stream` without a position: the same bytes again, then the rest. */
  'from-start',
  /** The `POST` again, with its key alone: the same bytes again, then the rest. */
  'repeat-from-start',
] as const;

export type Route = (typeof ROUTES)[number];

/** What happens to a reader. */
export interface ReadingPlan {
  /**
   * After how many bytes, HTTP's own included, the first connections are cut, one by one. Those
   * that follow are left whole.
   */
  cuts: readonly number[];
  /** How it comes back each time, over and over; one that does not know the run's id yet repeats. */
  routes: readonly Route[];
}

/** One connection of a reader. */
export interface Connection {
  route: Route;
  /** Undefined where it was cut before there was one. */
  status: number | undefined;
  /** How many whole events it brought, known ones included. */
  events: number;
  /** Whether the plan cut it. */
  cut: boolean;
}

/** What a reader that was refused waits before it asks again, in milliseconds. */
const PAUSE = 25;

/**
 * Reads one run to its end, whatever happens to its connections. As any client does that can resume,
 * it counts whole events only and comes back after the last of them. A server that refuses or fails
 * is asked again, so that one which was killed can be waited for; every other answer that is no
 * stream is an error.
 */
export class ResumingReader {
  /** What it has, in the order of arrival. Events that came again from the start are not in twice. */
  readonly events: WireEvent[] = [];
  /** Without those that were refused, which count for nothing in its plan. */
  readonly connections: Connection[] = [];
  /** How often it has tried to connect. */
  attempts = 0;
  #runId: string | undefined;
  #lastError: unknown;

  /** @param runId where somebody else has started the run */
  constructor(
    private readonly run: AskedRun,
    private readonly plan: ReadingPlan,
    runId?: string,
  ) {
    this.#runId = runId;
  }

  /** Known once the first headers have come. */
  get runId(): string | undefined {
    return this.#runId;
  }

  get ids(): number[] {
    return this.events.map(({ id }) => id);
  }

  get chunks(): NativeChunk[] {
    return this.events.map(({ data }) => JSON.parse(data) as NativeChunk);
  }

  /** What a client has that only adds up `content`. */
  get text(): string {
    return this.chunks.map(({ content }) => content).join('');
  }

  get terminalChunks(): NativeChunk[] {
    return this.chunks.filter(({ done }) => done);
  }

  /**
   * Reads until a connection has ended in good order after the terminal chunk, or the service says
   * that there is no more (204).
   * @param signal gives up. @default after 60 s
   */
  async read(signal: AbortSignal = AbortSignal.timeout(60_000)): Promise<this> {
    try {
      while (!(await this.#connect(signal))) signal.throwIfAborted();
      return this;
    } catch (error) {
      throw new Error(`${String(error)}\n${this.#progress()}`, { cause: error });
    }
  }

  /** @returns whether there is nothing left to read */
  async #connect(signal: AbortSignal): Promise<boolean> {
    const number = this.connections.length;
    const connection: Connection = {
      route: this.#routeOf(number),
      status: undefined,
      events: 0,
      cut: false,
    };
    this.attempts += 1;
    const socket = new BreakingSocket(new URL(this.run.url), this.plan.cuts[number] ?? Infinity);
    try {
      const response = await this.#send(connection.route, socket, signal);
      connection.status = response.statusCode;
      return await this.#receive(response, connection);
    } catch (error) {
      if (!isOfTheNetwork(error)) throw error;
      this.#lastError = error;
      return false;
    } finally {
      connection.cut = socket.broken;
      socket.destroy();
      if (connection.cut || connection.status !== undefined) this.connections.push(connection);
      if (!connection.cut && connection.events === 0) await wait(PAUSE, undefined, { signal });
    }
  }

  #routeOf(number: number): Route {
    const route = this.plan.routes[number % this.plan.routes.length]!;
    return this.#runId === undefined ? 'repeat' : route;
  }

  #send(route: Route, socket: BreakingSocket, signal: AbortSignal): Promise<IncomingMessage> {
    const position = this.events.at(-1)?.id;
    const isRepeat = route === 'repeat' || route === 'repeat-from-start';
    const sendsPosition = route === 'repeat' || route === 'last-event-id';
    const stream = `${this.run.url}/api/v1/runs/${this.#runId}/stream`;
    const url = isRepeat
      ? `${this.run.url}/api/v1/chat`
      : route === 'after'
        ? `${stream}?after=${position ?? 0}`
        : stream;
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(url, {
        createConnection: () => socket,
        method: isRepeat ? 'POST' : 'GET',
        headers: {
          ...(isRepeat && {
            'content-type': 'application/json',
            'idempotency-key': this.run.idempotencyKey,
          }),
          ...(sendsPosition && position !== undefined && { 'last-event-id': position }),
        },
        signal,
      });
      outgoing.once('response', resolve).on('error', reject);
      outgoing.end(isRepeat ? JSON.stringify({ ...this.run.body, stream: true }) : undefined);
    });
  }

  async #receive(response: IncomingMessage, connection: Connection): Promise<boolean> {
    if (response.statusCode === 204) return this.#nothingMore();
    if (response.statusCode !== 200) return this.#refused(response);
    this.#meet(response.headers['x-run-id']);
    const fromStart = connection.route.endsWith('from-start');
    const wire = new WireEvents();
    let ended = false;
    for await (const piece of response) {
      for (const event of wire.feed(piece as Buffer)) {
        this.#take(event, fromStart ? this.events[connection.events] : undefined);
        connection.events += 1;
        ended = isTerminal(event);
      }
    }
    return ended;
  }

  #take(event: WireEvent, known: WireEvent | undefined): void {
    if (known === undefined) this.events.push(event);
    else if (known.id !== event.id || known.data !== event.data) {
      const [was, is] = [known, event].map(({ id, data }) => `${id} ${data}`);
      throw new Error(`Read again from the start, an event has changed.\nWas: ${was}\nIs:  ${is}`);
    }
  }

  #meet(runId: string | string[] | undefined): void {
    // A server that stops says no more than that one has to come back.
    if (typeof runId !== 'string') return;
    if (this.#runId !== undefined && this.#runId !== runId && this.events.length > 0) {
      throw new Error(`Began to read the run ${this.#runId} and was given the run ${runId}`);
    }
    this.#runId = runId;
  }

  #nothingMore(): true {
    const last = this.events.at(-1);
    if (last === undefined || !isTerminal(last)) {
      throw new Error('The service says that there is no more, and no terminal chunk has come');
    }
    return true;
  }

  async #refused(response: IncomingMessage): Promise<false> {
    let body = '';
    for await (const piece of response) body += String(piece);
    const answer = `${response.statusCode} ${body}`;
    if (response.statusCode! < 500 || body.includes('"retryable":false')) throw new Error(answer);
    this.#lastError = answer;
    return false;
  }

  #progress(): string {
    const routes = this.connections.map(
      ({ route, status, events, cut }) =>
        `${route}: ${status ?? 'no answer'}, ${events} events${cut ? ', cut' : ''}`,
    );
    return [
      `Run ${this.#runId ?? '(unknown)'}: ${this.events.length} events, up to ${this.events.at(-1)?.id ?? 0}.`,
      `${this.attempts} attempts, ${routes.length} connections, the last of them:`,
      ...routes.slice(-10),
      `The last that went wrong: ${String(this.#lastError)}`,
    ].join('\n');
  }
}

function isTerminal({ data }: WireEvent): boolean {
  return (JSON.parse(data) as NativeChunk).done;
}

/** Refused, reset, closed in the middle: what networks and dying servers do. */
function isOfTheNetwork(error: unknown): boolean {
  return /^E[A-Z]+$/.test(String((error as NodeJS.ErrnoException).code));
}
