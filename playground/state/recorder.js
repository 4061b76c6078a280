import { signal } from '@preact/signals';
import { inFrames } from '../lib/frames.js';
import { StreamStatistics } from '../lib/stream-statistics.js';

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

/** How often at most those are told who do not look at each event, in milliseconds. */
const SLOWLY_MS = 250;

let made = 0;

/** A request as it was, and everything that came of it. */
export class Recorder {
  key = ++made;
  startedAt = performance.now();
  time = new Date();
  /** Counts what was recorded, once a frame. */
  version = signal(0);
  /** The same, some times a second. */
  slowVersion = signal(0);
  /** @type {Connection[]} */
  connections = [];
  /** Those that are kept. @type {StreamEvent[]} */
  events = [];
  statistics = new StreamStatistics(this.startedAt);
  /** The last event that was no repetition. */
  position = 0;
  /** How many of the first events are not kept any more. */
  forgotten = 0;
  /** @type {import('agno-api-client').LastChunk | import('agno-api-client').FailureChunk | undefined} */
  last;
  /** @type {number | undefined} */
  overAt;
  #isTellingSlowly = false;

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

  /** @param {StreamEvent} event */
  event(event) {
    this.events.push(event);
    this.statistics.take(event);
    if (!event.dropped) this.position = event.id;
    this.#changed();
  }

  /** Keeps so many of the first events no more. @param {number} count @returns {number} how many there were */
  forget(count) {
    const { length } = this.events.splice(0, count);
    this.forgotten += length;
    if (length > 0) this.#changed();
    return length;
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

  #changed() {
    inFrames(this.#tell);
    if (this.#isTellingSlowly) return;
    this.#isTellingSlowly = true;
    setTimeout(() => {
      this.#isTellingSlowly = false;
      this.slowVersion.value++;
    }, SLOWLY_MS);
  }

  #tell = () => {
    this.version.value++;
    return false;
  };
}
