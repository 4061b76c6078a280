import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { copyText } from '../../lib/clipboard.js';
import { counted } from '../../lib/format.js';
import { html } from '../../lib/html.js';
import { kindOf } from '../../lib/stream-statistics.js';
import { announce } from '../../state/announcements.js';
import { EventRows } from './event-rows.js';

/** @typedef {import('agno-api-client').StreamEvent} StreamEvent */

/** Every event as it arrived. @param {{recorder: import('../../state/recorder.js').Recorder}} props */
export function EventsTab({ recorder }) {
  void recorder.version.value;
  const kind = useSignal('all');
  const active = useSignal(/** @type {StreamEvent | undefined} */ (undefined));
  const shown = useSignal(/** @type {StreamEvent | undefined} */ (undefined));
  const grid = useRef(/** @type {HTMLElement | null} */ (null));
  const { statistics, forgotten } = recorder;
  if (statistics.events === 0) return html`<${NoEvents} recorder=${recorder} />`;
  const isAll = kind.value === 'all';
  const events = isAll
    ? recorder.events
    : recorder.events.filter((event) => kindOf(event) === kind.value);
  const copy = async () => {
    const lines = events.map((event) => toLine(event, recorder.startedAt));
    const isDone = await copyText(`${lines.join('\n')}\n`);
    announce(isDone ? 'Copied' : 'The browser did not let us copy');
  };
  const close = () => {
    shown.value = undefined;
    grid.current?.focus();
  };
  return html`<div class="events">
    <div class="row events-head">
      <p class="hint">
        ${counted(statistics.events, 'event')}${
          forgotten > 0 && `; the first ${forgotten.toLocaleString('en')} are not kept`
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
          ${[...statistics.kinds.keys()].map(
            (name) => html`<option key=${name} value=${name}>${name}</option>`,
          )}
        </select>
      </label>
      <button type="button" class="button small" onClick=${copy}>Copy as NDJSON</button>
    </div>
    <${EventRows}
      recorder=${recorder}
      events=${events}
      first=${isAll ? forgotten : 0}
      active=${active}
      shown=${shown}
      grid=${grid}
    />
    ${shown.value && html`<${Detail} key=${shown.value.id} event=${shown.value} onClose=${close} />`}
  </div>`;
}

/** An event and how it came, as a line of NDJSON. @param {StreamEvent} event @param {number} startedAt */
function toLine({ id, data, receivedAt, bytes, connection, replayed, dropped }, startedAt) {
  const atMs = Math.round((receivedAt - startedAt) * 10) / 10;
  return JSON.stringify({ id, at_ms: atMs, bytes, connection, replayed, dropped, data });
}

/** @param {{event: StreamEvent, onClose: () => void}} props */
function Detail({ event, onClose }) {
  const onKeyDown = (/** @type {KeyboardEvent} */ pressed) => {
    if (pressed.key === 'Escape') onClose();
  };
  return html`<section
    class="event-detail"
    aria-label=${`Event ${event.id}`}
    onKeyDown=${onKeyDown}
  >
    <div class="row">
      <h3>Event ${event.id}</h3>
      <button type="button" class="button small" onClick=${() => copyText(event.data)}>Copy</button>
      <button type="button" class="button small" onClick=${onClose}>Close</button>
    </div>
    <pre tabindex="0" ref=${focusOnce}>
id: ${event.id}
data: ${event.data}</pre>
  </section>`;
}

/** @type {WeakSet<Element>} */
const focused = new WeakSet();

/** Whoever opens it reads on there; the next rendering takes the focus from nobody. @param {HTMLElement | null} element */
function focusOnce(element) {
  if (element === null || focused.has(element)) return;
  focused.add(element);
  element.focus();
}

/** @param {{recorder: import('../../state/recorder.js').Recorder}} props */
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
