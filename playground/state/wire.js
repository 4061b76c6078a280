import { signal } from '@preact/signals';
import { Recorder } from './recorder.js';

/** The most events that are kept of all requests together: some megabytes. */
const MOST_EVENTS = 20_000;

/** To forget one by one would move all the others each time. */
const FORGOTTEN_AT_ONCE = 1_000;

/** The most requests of a conversation that are kept. */
const MOST_REQUESTS = 20;

/** What an inspected exchange is made of, in HTTP's terms. */
const INSPECTED = /\/api\/v1\/(?:chat|runs\/[^/]+\/stream)$/;

/** How many events came since it was looked whether they are too many. */
let sinceLooked = 0;

/** What was asked in the conversation that is shown, the newest last. */
const requests = signal(/** @type {Recorder[]} */ ([]));

/** The request that is looked at; undefined: the newest. */
const selected = signal(/** @type {Recorder | undefined} */ (undefined));

export const wire = {
  requests,
  selected,

  /** @param {import('agno-api-client').StreamEvent} event @param {Recorder} recorder */
  event(event, recorder) {
    recorder.event(event);
    if (++sinceLooked < FORGOTTEN_AT_ONCE) return;
    sinceLooked = 0;
    const kept = requests.peek().reduce((sum, { events }) => sum + events.length, 0);
    let over = kept - MOST_EVENTS;
    for (const oldest of requests.peek()) {
      if (over > 0) over -= oldest.forget(over);
    }
  },

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
