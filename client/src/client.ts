import { AnswerStream } from './answer-stream.js';
import { ask } from './ask.js';
import { pause } from './backoff.js';
import { AgentRoutes, ModelRoutes, RunRoutes, SessionRoutes } from './routes.js';
import { RunReader, type RunSource } from './run-reader.js';
import type {
  CallOptions,
  ReaderOptions,
  ResumeOptions,
  StartOptions,
  StreamOptions,
} from './stream-options.js';
import { Transport } from './transport.js';
import type { Answer, ChatRequest, Health, Run, RunAccepted } from './types.js';
import { uniqueKey } from './unique-key.js';

/** How to reach the service, and how long to wait for it. */
export interface ClientOptions {
  /** @default in a browser where the page is from, else `http://127.0.0.1:8000` */
  baseUrl?: string;
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>>;
  /** @default the platform's */
  fetch?: typeof fetch;
  /**
   * How long a stream may be without the service before it is lost, in milliseconds, since the last
   * new event. Time on a connection on which something comes, heartbeats included, does not count.
   * @default 60000
   */
  giveUpAfter?: number;
  /**
   * The longest silence of a connection, in milliseconds: the service says something every 15 s
   * (`HEARTBEAT_INTERVAL`).
   * @default 40000
   */
  heartbeatTimeout?: number;
  /** The longest until the first answer begins, in milliseconds. @default 120000 */
  longestStart?: number;
}

/** How long to wait before a run that was just asked for is looked for again, in milliseconds. */
const LOOK_AGAIN_MS = 250;

/** Talks to an Agno API. */
export class AgnoClient {
  readonly runs: RunRoutes;
  readonly sessions: SessionRoutes;
  readonly models: ModelRoutes;
  readonly agents: AgentRoutes;
  readonly #transport: Transport;
  readonly #reading: ReaderOptions;

  /** @throws TypeError where `baseUrl` is no address */
  constructor(options: ClientOptions = {}) {
    const { giveUpAfter = 60_000, heartbeatTimeout = 40_000, longestStart = 120_000 } = options;
    this.#reading = { giveUpAfter, heartbeatTimeout, longestStart, random: Math.random };
    this.#transport = new Transport({
      baseUrl: address(options.baseUrl ?? ownAddress()),
      headers: options.headers ?? {},
      fetch: options.fetch ?? fetch,
    });
    this.runs = new RunRoutes(this.#transport);
    this.sessions = new SessionRoutes(this.#transport);
    this.models = new ModelRoutes(this.#transport);
    this.agents = new AgentRoutes(this.#transport);
  }

  /** Where the service is, without a slash at its end. */
  get baseUrl(): string {
    return this.#transport.baseUrl;
  }

  /**
   * The answer, whole; or, where a tool call waits for approval, the run that does. A connection that
   * is lost on the way is made again: the run is asked for once.
   *
   * @throws ProblemError, UnreachableError, UnexpectedAnswerError, StreamLostError; the reason of the
   * signal
   */
  async chat(request: ChatRequest, options: StartOptions = {}): Promise<Answer | RunAccepted> {
    const { idempotencyKey = uniqueKey(), ...others } = options;
    const reading = { ...this.#reading, ...others };
    return ask(this.#transport, { body: request, idempotencyKey }, reading);
  }

  /** The answer as it is written. Nothing is sent before it is read. */
  stream(request: ChatRequest, options: StreamOptions = {}): AnswerStream {
    const { idempotencyKey = uniqueKey(), ...others } = options;
    return this.#read({ body: request, idempotencyKey }, others);
  }

  /** The answer of a run that was started before, from its beginning or after an event. */
  resume(runId: string, options: ResumeOptions = {}): AnswerStream {
    const { after = 0, ...others } = options;
    return this.#read({ runId, after }, others);
  }

  /** Whether the service can answer. @throws UnreachableError, UnexpectedAnswerError */
  async health(options: CallOptions = {}): Promise<Health> {
    return this.#transport.health<Health>('/health/ready', options);
  }

  #read(source: RunSource, options: Omit<ResumeOptions, 'after'>): AnswerStream {
    let known: (id: string | undefined) => void = () => undefined;
    const run = new Promise<string | undefined>((resolve) => (known = resolve));
    const reader = new RunReader(this.#transport, source, {
      ...this.#reading,
      ...options,
      onRun: known,
      onConnection: (change) => {
        // Never known where the first connection came to nothing.
        if (change.state === 'closed') known(reader.runId);
        options.onConnection?.(change);
      },
    });
    const cancel = async (): Promise<Run | undefined> => {
      const id = reader.runId ?? (await this.#soonKnown(source, run));
      return id === undefined ? undefined : this.runs.cancel(id);
    };
    return new AnswerStream(reader, { cancel });
  }

  /**
   * The run of a request whose answer is still to come: the service tells it by the key, while the
   * answer waits for the provider's first word.
   */
  async #soonKnown(
    source: RunSource,
    answered: Promise<string | undefined>,
  ): Promise<string | undefined> {
    const answer = answered.then((id) => ({ id }));
    for (;;) {
      const started = await this.#started(source);
      if (started !== undefined) return started;
      const known = await Promise.race([answer, pause(LOOK_AGAIN_MS, undefined)]);
      if (known !== undefined) return known.id ?? this.#started(source);
    }
  }

  /** The run that a request has started although its answer never came. */
  async #started(source: RunSource): Promise<string | undefined> {
    if ('runId' in source) return source.runId;
    const { data } = await this.runs.list({ idempotency_key: source.idempotencyKey });
    return data[0]?.run_id;
  }
}

function ownAddress(): string {
  const { location } = globalThis as { location?: { origin?: string } };
  const origin = location?.origin;
  return origin?.startsWith('http') === true ? origin : 'http://127.0.0.1:8000';
}

function address(url: string): string {
  return new URL(url).href.replace(/\/+$/, '');
}
