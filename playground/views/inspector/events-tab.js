import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { copyText } from '../../lib/clipboard.js';
import { counted, formatBytes } from '../../lib/format.js';
import { html } from '../../lib/html.js';
import { announce } from '../../state/announcements.js';
import { kindOf } from '../../state/wire.js';

/** The height of a row, in pixels: as the style sheet has it. */
const ROW = 26;

/** Rows beyond the ones that are seen. */
const MARGIN = 12;

/** @typedef {import('agno-api-client').StreamEvent} StreamEvent */

/** Every event as it arrived. @param {{recorder: import('../../state/wire.js').Recorder}} props */
export function EventsTab({ recorder }) {
  void recorder.version.value;
  const kind = useSignal('all');
  const chosen = useSignal(/** @type {StreamEvent | undefined} */ (undefined));
  const events =
    kind.value === 'all'
      ? recorder.events
      : recorder.events.filter((event) => kindOf(event) === kind.value);
  const kinds = [...recorder.kinds];
  if (recorder.events.length === 0) return html`<${NoEvents} recorder=${recorder} />`;
  const copy = async () => {
    const lines = events.map(({ id, data }) => JSON.stringify({ id, data: JSON.parse(data) }));
    announce(
      (await copyText(`${lines.join('\n')}\n`)) ? 'Copied' : 'The browser did not let us copy',
    );
  };
  return html`<div class="events">
    <div class="row events-head">
      <p class="hint">
        ${counted(recorder.events.length + recorder.forgotten, 'event')}${
          recorder.forgotten > 0 &&
          `; the first ${recorder.forgotten.toLocaleString('en')} are not kept`
        }
      </p>
      <label>
        <span class="off-screen">Kind</span>
        <select
          class="field"
          value=${kind.value}
          onChange=${(/** @type {Event} */ event) => {
            kind.value = /** @type {HTMLSelectElement} */ (event.target).value;
          }}
        >
          <option value="all">all kinds</option>
          ${kinds.map((name) => html`<option key=${name} value=${name}>${name}</option>`)}
        </select>
      </label>
      <button type="button" class="button small" onClick=${copy}>Copy as NDJSON</button>
    </div>
    <div class="event columns" aria-hidden="true">
      <span>id</span><span>after</span><span>gap</span><span>size</span><span>data</span>
    </div>
    <${Rows} recorder=${recorder} events=${events} chosen=${chosen} />
    ${chosen.value && html`<${Detail} event=${chosen.value} onClose=${() => (chosen.value = undefined)} />`}
  </div>`;
}

/** Only the rows that are seen are there: an answer may have tens of thousands. */
function Rows(
  /** @type {{recorder: import('../../state/wire.js').Recorder, events: readonly StreamEvent[], chosen: import('@preact/signals').Signal<StreamEvent | undefined>}} */ {
    recorder,
    events,
    chosen,
  },
) {
  // The list of events grows in place.
  void recorder.version.value;
  const scroller = useRef(/** @type {HTMLElement | null} */ (null));
  const top = useSignal(0);
  const height = useSignal(400);
  const follows = useRef(true);
  useEffect(() => {
    const element = /** @type {HTMLElement} */ (scroller.current);
    const watching = new ResizeObserver(() => (height.value = element.clientHeight));
    watching.observe(element);
    return () => watching.disconnect();
  }, []);
  useEffect(() => {
    if (scroller.current && follows.current) scroller.current.scrollTop = events.length * ROW;
  }, [events.length]);
  const onScroll = () => {
    const { scrollTop, clientHeight, scrollHeight } = /** @type {HTMLElement} */ (scroller.current);
    top.value = scrollTop;
    follows.current = scrollHeight - scrollTop - clientHeight < 2 * ROW;
  };
  const from = Math.max(0, Math.floor(top.value / ROW) - MARGIN);
  const to = Math.min(events.length, Math.ceil((top.value + height.value) / ROW) + MARGIN);
  return html`<div
    class="event-rows"
    role="table"
    aria-label="Events"
    aria-rowcount=${events.length}
    tabindex="0"
    ref=${scroller}
    onScroll=${onScroll}
  >
    <div class="event-space" role="rowgroup" style=${{ height: `${events.length * ROW}px` }}>
      <div
        class="event-window"
        role="presentation"
        style=${{ transform: `translateY(${from * ROW}px)` }}
      >
        ${events
          .slice(from, to)
          .map(
            (event, at) =>
              html`<${Row}
                key=${from + at}
                event=${event}
                before=${events[from + at - 1]}
                number=${from + at + 1}
                startedAt=${recorder.startedAt}
                chosen=${chosen}
              />`,
          )}
      </div>
    </div>
  </div>`;
}

/**
 * @param {{
 *   event: StreamEvent,
 *   before: StreamEvent | undefined,
 *   number: number,
 *   startedAt: number,
 *   chosen: import('@preact/signals').Signal<StreamEvent | undefined>,
 * }} props
 */
function Row({ event, before, number, startedAt, chosen }) {
  const isFirst = before !== undefined && before.connection !== event.connection;
  const gap = before === undefined ? '' : `+${Math.round(event.receivedAt - before.receivedAt)}`;
  const marks = [
    event.dropped && 'seen before',
    event.replayed && !event.dropped && 'replayed',
    isFirst && `connection ${event.connection}`,
  ].filter(Boolean);
  const classes = `event ${event.replayed ? 'replayed' : ''} ${isFirst ? 'first' : ''}`;
  return html`<div class=${classes} role="row" aria-rowindex=${number}>
    <span role="cell">${event.id}</span>
    <span role="cell">${Math.round(event.receivedAt - startedAt)} ms</span>
    <span role="cell">${gap}</span>
    <span role="cell">${formatBytes(event.bytes)}</span>
    <span role="cell" class="event-data">
      ${marks.map((mark) => html`<em key=${mark}>${mark}</em>`)}
      <button type="button" tabindex="-1" onClick=${() => (chosen.value = event)}>
        ${event.data}
      </button>
    </span>
  </div>`;
}

/** @param {{event: StreamEvent, onClose: () => void}} props */
function Detail({ event, onClose }) {
  return html`<section class="event-detail" aria-label=${`Event ${event.id}`}>
    <div class="row">
      <h3>Event ${event.id}</h3>
      <button type="button" class="button small" onClick=${() => copyText(event.data)}>Copy</button>
      <button type="button" class="button small" onClick=${onClose}>Close</button>
    </div>
    <pre tabindex="0">
id: ${event.id}
data: ${event.data}</pre>
  </section>`;
}

/** @param {{recorder: import('../../state/wire.js').Recorder}} props */
function NoEvents({ recorder }) {
  const text = recorder.connections.at(-1)?.text;
  if (text !== undefined) {
    return html`<div>
      <p class="hint">One document and no events.</p>
      <pre class="raw" tabindex="0">${text}</pre>
    </div>`;
  }
  return html`<p class="state">
    ${recorder.overAt === undefined ? 'Waiting for the first event …' : 'There were no events.'}
  </p>`;
}
