import { Condensed } from './condensed.js';
import { Quantiles } from './quantiles.js';

/** @typedef {import('agno-api-client').StreamEvent} StreamEvent */

/** How long the least slice of the chart over time is, in milliseconds. */
const SLICE_MS = 50;

/** The kinds of chunks that a model makes while it writes. */
const WRITTEN = ['text', 'reasoning', 'tool_call'];

/** What kind of chunk an event brought. @param {StreamEvent} event */
export function kindOf({ chunk }) {
  return chunk.done ? 'last' : (chunk.type ?? 'text');
}

/**
 * What a kind of chunk looked like.
 *
 * @typedef {object} Kind
 * @property {number} count
 * @property {Set<string>} members
 * @property {boolean} isRight whether each began as the old clients rely on
 */

/** Counts the events of a request as they come: none has to be kept for it. Times are in milliseconds. */
export class StreamStatistics {
  events = 0;
  bytes = 0;
  /** How many events had text. */
  texts = 0;
  /** After the request began. @type {number | undefined} */
  firstToken;
  /** Between two events with text, on one connection; to what was replayed there is none. */
  gaps = new Quantiles();
  /** The longest of each part, in their order. */
  gapChart = new Condensed(Math.max);
  /** How many events with text came in each slice of time, without what was replayed. */
  rateChart = new Condensed((one, other) => one + other);
  /** By its name. @type {Map<string, Kind>} */
  kinds = new Map();
  /** How many events the model has made. */
  #written = 0;
  /** How many of them came while it wrote, and how long it did. */
  #flowing = { count: 0, ms: 0 };
  /** Whether the events came from the first one on. */
  #isWhole = false;
  /** @type {StreamEvent | undefined} */
  #before;
  /** @type {StreamEvent | undefined} */
  #textBefore;
  #startedAt;

  /** @param {number} startedAt */
  constructor(startedAt) {
    this.#startedAt = startedAt;
  }

  /** How long a slice of the chart over time is. */
  get slice() {
    return SLICE_MS * this.rateChart.each;
  }

  /** @param {StreamEvent} event */
  take(event) {
    this.events++;
    this.bytes += event.bytes;
    this.#takeKind(event);
    if (event.dropped) return;
    if (this.#before === undefined) this.#isWhole = event.id === 1;
    this.#takeFlow(event);
    if (event.chunk.content !== '') this.#takeText(event);
    this.#before = event;
  }

  /**
   * How many tokens came in a second of those in which the model wrote: without what was replayed, and
   * without the waits for a connection, a tool or an approval.
   *
   * @param {number | undefined} tokens that the answer has in all; undefined: not known yet
   * @returns {{rate: number, unit: 'tokens' | 'pieces'} | undefined}
   */
  speed(tokens) {
    const { count, ms } = this.#flowing;
    if (ms === 0) return undefined;
    const each = this.tokensEach(tokens);
    return {
      rate: (count * 1000 * (each ?? 1)) / ms,
      unit: each === undefined ? 'pieces' : 'tokens',
    };
  }

  /** How many tokens a piece has; undefined: not known. @param {number | undefined} tokens in all */
  tokensEach(tokens) {
    return tokens && this.#isWhole && this.#written > 0 ? tokens / this.#written : undefined;
  }

  /** @param {StreamEvent} event */
  #takeKind(event) {
    const name = kindOf(event);
    const kind = this.kinds.get(name) ?? { count: 0, members: new Set(), isRight: true };
    const members = Object.keys(event.chunk);
    kind.count++;
    for (const member of members) kind.members.add(member);
    kind.isRight &&= members.slice(0, 3).join() === 'content,done,model';
    this.kinds.set(name, kind);
  }

  /** @param {StreamEvent} event */
  #takeFlow(event) {
    if (!WRITTEN.includes(kindOf(event))) return;
    this.#written++;
    const before = this.#before;
    if (before === undefined || !WRITTEN.includes(kindOf(before))) return;
    if (event.replayed || event.connection !== before.connection) return;
    this.#flowing.count++;
    this.#flowing.ms += event.receivedAt - before.receivedAt;
  }

  /** @param {StreamEvent} event */
  #takeText(event) {
    const after = event.receivedAt - this.#startedAt;
    this.texts++;
    this.firstToken ??= after;
    const before = this.#textBefore;
    this.#textBefore = event;
    if (event.replayed) return;
    this.rateChart.add(Math.floor(after / SLICE_MS), 1);
    if (before?.connection !== event.connection) return;
    const gap = event.receivedAt - before.receivedAt;
    this.gaps.add(gap);
    this.gapChart.push(gap);
  }
}
