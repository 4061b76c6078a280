import { signal } from '@preact/signals';
import { inFrames } from '../lib/frames.js';

/** The most events that are kept of a request: some megabytes. */
const MOST_EVENTS = 20_000;

/** To forget one by one would move all the others each time. */
const FORGOTTEN_AT_ONCE = 1_000;

/** The most requests of a conversation that are kept. */
const MOST_REQUESTS = 20;

/** What an inspected exchange is made of, in HTTP's terms. */
const INSPECTED = /\/api\/v1\/(?:chat|runs\/[^/]+\/stream)$/;

/**
 * One connection of a request.
 *
 * @typedef {object} Connection
 * @property {number} number from 1
 * @property {string} method
 * @property {string} url
 * @property {Record<string, string>} requestHeaders
 * @property {string | undefined} body as it was sent
 * @property {number} at when it was sent, in milliseconds after the request began
 * @property {number} after the last position that was seen before
 * @property {number} [status]
 * @property {number} [openedAt]
 * @property {[string, string][]} [headers]
 * @property {string} [text] the body of an answer that is no stream
 * @property {string} [ended] why it ended
 */

/** @typedef {import('agno-api-client').StreamEvent} StreamEvent */

/** A request as it was, and everything that came of it. */
export class Recorder {
  startedAt = performance.now();
  time = new Date();
  /** Counts what was recorded, once a frame. */
  version = signal(0);
  /** @type {Connection[]} */
  connections = [];
  /** @type {StreamEvent[]} */
  events = [];
  /** The kinds of chunks that came. @type {Set<string>} */
  kinds = new Set();
  /** How many events are not kept any more. */
  forgotten = 0;
  /** @type {import('agno-api-client').LastChunk | import('agno-api-client').FailureChunk | undefined} */
  last;
  /** @type {number | undefined} */
  overAt;

  /**
   * @param {'stream' | 'json' | 'resume'} mode
   * @param {object | undefined} body
   * @param {string | undefined} runId
   */
  constructor(mode, body, runId) {
    this.mode = mode;
    this.body = body;
    this.runId = runId;
  }

  get position() {
    return this.events.findLast((event) => !event.dropped)?.id ?? 0;
  }

  /** @param {StreamEvent} event */
  event(event) {
    this.kinds.add(kindOf(event));
    this.events.push(event);
    if (this.events.length > MOST_EVENTS + FORGOTTEN_AT_ONCE) {
      this.events.splice(0, FORGOTTEN_AT_ONCE);
      this.forgotten += FORGOTTEN_AT_ONCE;
    }
    this.#changed();
  }

  /** @param {import('agno-api-client').StreamResponse} response */
  response({ headers }) {
    this.runId ??= headers.get('X-Run-Id') ?? undefined;
  }

  /** @param {import('agno-api-client').ConnectionChange} change */
  connection(change) {
    const last = this.connections.at(-1);
    if (change.state === 'waiting' && last) last.ended = change.reason ?? 'lost';
    this.#changed();
  }

  /** @param {Recorder['last']} last */
  ended(last) {
    this.last = last;
  }

  over() {
    this.overAt = performance.now();
    this.#changed();
  }

  /** @param {string} url @param {RequestInit | undefined} init */
  sent(url, init) {
    /** @type {Connection} */
    const connection = {
      number: this.connections.length + 1,
      method: init?.method ?? 'GET',
      url,
      requestHeaders: /** @type {Record<string, string>} */ ({ ...init?.headers }),
      body: typeof init?.body === 'string' ? init.body : undefined,
      at: performance.now() - this.startedAt,
      after: this.position,
    };
    this.connections.push(connection);
    this.#changed();
    return {
      answered: (/** @type {Response} */ response) => {
        connection.status = response.status;
        connection.openedAt = performance.now() - this.startedAt;
        connection.headers = [...response.headers];
        this.runId ??= response.headers.get('X-Run-Id') ?? undefined;
        const isStream = response.headers.get('Content-Type')?.startsWith('text/event-stream');
        if (!isStream && response.status !== 204) void this.#readText(connection, response.clone());
        this.#changed();
      },
      failed: (/** @type {string} */ why) => {
        connection.ended = why;
        this.#changed();
      },
    };
  }

  /** @param {Connection} connection @param {Response} response */
  async #readText(connection, response) {
    connection.text = await response.text().catch(() => undefined);
    this.#changed();
  }

  /** Tells who looks, once a frame. */
  #changed() {
    inFrames(this.#tell);
  }

  #tell = () => {
    this.version.value++;
    return false;
  };
}

/** What kind of chunk an event brought. @param {StreamEvent} event */
export function kindOf({ chunk }) {
  return chunk.done ? 'last' : (chunk.type ?? 'text');
}

/** What was asked in the conversation that is shown, the newest last. */
const requests = signal(/** @type {Recorder[]} */ ([]));

/** The request that is looked at; undefined: the newest. */
const selected = signal(/** @type {Recorder | undefined} */ (undefined));

export const wire = {
  requests,
  selected,

  /** @param {{mode: 'stream' | 'json' | 'resume', body?: object, runId?: string}} request */
  begin({ mode, body, runId }) {
    const recorder = new Recorder(mode, body, runId);
    requests.value = [...requests.value, recorder].slice(-MOST_REQUESTS);
    selected.value = undefined;
    return recorder;
  },

  /** What is about to be sent; undefined where it is nobody's business. @param {string} url @param {RequestInit} [init] */
  sending(url, init) {
    const recorder = requests.peek().at(-1);
    const { pathname } = new URL(url, location.href);
    if (recorder === undefined || recorder.overAt !== undefined) return undefined;
    return INSPECTED.test(pathname) ? recorder.sent(url, init) : undefined;
  },

  clear() {
    requests.value = [];
    selected.value = undefined;
  },
};
