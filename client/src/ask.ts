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
import { withinSilence } from './server-sent-events.js';
import type { ReaderOptions } from './stream-options.js';
import { jsonOf, mediaType, refusal, type Transport } from './transport.js';
import type { Answer, ChatRequest, RunAccepted } from './types.js';

/** A whole answer says nothing until it is there: so it is asked for again after so many seconds. */
const WAIT_S = 20;

/** A run that is not over is asked for again at once, but not sooner than this, in milliseconds. */
const SOON_MS = 1_000;

/** What a request is answered with: the answer, or the run that is not over yet. */
type Said = Answer | RunAccepted;

/** A request for a whole answer. */
export interface Question {
  body: ChatRequest;
  /** Makes all that is sent for it one run. */
  idempotencyKey: string;
}

/**
 * Asks for a whole answer, over as many connections as that takes.
 * @returns the answer, or the run where it waits for decisions
 */
export async function ask(
  transport: Transport,
  question: Question,
  options: ReaderOptions,
): Promise<Said> {
  return new Asking(transport, question, options).answer();
}

class Asking {
  readonly #backoff: Backoff;
  /** Something of the service has answered: from now on a failure is a cut. */
  #reached = false;
  #runId: string | undefined;
  readonly #absence = new Absence();

  constructor(
    private readonly transport: Transport,
    private readonly question: Question,
    private readonly options: ReaderOptions,
  ) {
    this.#backoff = new Backoff(options.random);
  }

  async answer(): Promise<Said> {
    const { signal, giveUpAfter, headers = {} } = this.options;
    const isCallersWait = Object.keys(headers).some((name) => name.toLowerCase() === 'prefer');
    for (;;) {
      signal?.throwIfAborted();
      const isAgain = this.#reached;
      const askedAt = performance.now();
      try {
        const said = await this.#once();
        if ('message' in said || said.state === 'waiting' || isCallersWait) return said;
        this.#runId = said.run_id;
        this.#absence.end();
        // Where something on the way takes the wish to wait out of the request.
        if (performance.now() - askedAt < SOON_MS) await pause(this.#backoff.next(), signal);
        else this.#backoff.reset();
      } catch (error) {
        signal?.throwIfAborted();
        if (!mayPass(error, isAgain)) throw error;
        this.#absence.lost(askedAt);
        const now = performance.now();
        if (this.#absence.isOver(giveUpAfter, now)) {
          throw new StreamLostError(this.#runId, 0, { cause: error });
        }
        const wait = this.#backoff.next(wishOf(error));
        await pause(Math.min(wait, this.#absence.left(giveUpAfter, now)), signal);
      }
    }
  }

  async #once(): Promise<Said> {
    const { heartbeatTimeout } = this.options;
    const connection = new AbortController();
    try {
      const response = await this.#send(connection.signal);
      if (!response.ok) {
        const refused = await withinSilence(refusal(response), heartbeatTimeout);
        this.#reached ||= refused instanceof ProblemError;
        throw refused;
      }
      const isJson = mediaType(response).endsWith('json');
      this.#reached ||= isJson;
      const said = await withinSilence(jsonOf<unknown>(response), heartbeatTimeout);
      if (isSaid(said)) return said;
      throw new UnexpectedAnswerError(response.status, mediaType(response), response.url);
    } catch (error) {
      // What is still under way has no reader any more.
      connection.abort();
      throw error;
    }
  }

  async #send(connection: AbortSignal): Promise<Response> {
    const { signal, headers, longestStart, heartbeatTimeout } = this.options;
    const sent = this.transport.send('/chat', {
      method: 'POST',
      body: { ...this.question.body, stream: false },
      headers: {
        Prefer: `wait=${WAIT_S}`,
        ...headers,
        Accept: 'application/json',
        'Idempotency-Key': this.question.idempotencyKey,
      },
      signal: signal === undefined ? connection : AbortSignal.any([signal, connection]),
    });
    try {
      return await withinSilence(sent, this.#reached ? heartbeatTimeout : longestStart);
    } catch (error) {
      signal?.throwIfAborted();
      if (!this.#reached && !(await new Reachability(this.transport).despite(error, signal))) {
        throw new UnreachableError(this.transport.baseUrl, { cause: error });
      }
      this.#reached = true;
      throw error;
    }
  }
}

/** Whether the same request may still be answered. @param isAgain the service was reached before */
function mayPass(error: unknown, isAgain: boolean): boolean {
  if (error instanceof UnreachableError) return false;
  if (error instanceof ProblemError) return isAgain && isPassing(error);
  // A proxy's page where the service was.
  if (error instanceof UnexpectedAnswerError) return isAgain && isPassingAnswer(error);
  return true;
}

/** The shortest wait that an answer asks for, in milliseconds. */
function wishOf(error: unknown): number | undefined {
  const hasWish = error instanceof ProblemError || error instanceof UnexpectedAnswerError;
  return hasWish ? error.retryAfter : undefined;
}

/** Whether a document is one of ours: other services answer with JSON, too. */
function isSaid(document: unknown): document is Said {
  return typeof document === 'object' && document !== null && 'run_id' in document;
}
