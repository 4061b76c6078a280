import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { counted } from '../../lib/format.js';
import { html } from '../../lib/html.js';
import { cutConnection } from '../../state/conversation.js';
import { running } from '../../state/shown.js';
import { inspectorOpen } from '../../state/settings.js';
import { wire } from '../../state/wire.js';
import { Icon } from '../icon.js';
import { CodeTab } from './code-tab.js';
import { EventsTab } from './events-tab.js';
import { RequestTab } from './request-tab.js';
import { TimingTab } from './timing-tab.js';

const TABS = [
  { id: 'events', label: 'Events', view: EventsTab },
  { id: 'timing', label: 'Timing', view: TimingTab },
  { id: 'request', label: 'Request', view: RequestTab },
  { id: 'code', label: 'Code', view: CodeTab },
];

/** How long a connection that is cut stays away, so that something is missed: in milliseconds. */
const AWAY_MS = 1500;

/** What goes over the wire, for those who write clients. */
export function Inspector() {
  const tab = useSignal(TABS[0].id);
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const { requests, selected } = wire;
  const recorder = selected.value ?? requests.value.at(-1);
  const current = TABS.find(({ id }) => id === tab.value) ?? TABS[0];

  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const end = { Home: 0, End: TABS.length - 1 }[event.key];
    if (step === undefined && end === undefined) return;
    event.preventDefault();
    const at = end ?? (TABS.indexOf(current) + (step ?? 0) + TABS.length) % TABS.length;
    tab.value = TABS[at].id;
    /** @type {HTMLElement | undefined} */ (list.current?.children[at])?.focus();
  };

  return html`<aside class="inspector" aria-label="Inspector">
    <div class="inspector-head">
      <h2>Inspector</h2>
      <button
        type="button"
        class="button small"
        disabled=${running.value?.disconnect === undefined}
        onClick=${() => cutConnection(AWAY_MS)}
        title="Cuts the connection for 1.5 s; the answer goes on without a gap"
      >
        Cut the connection
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label="Close the inspector"
        onClick=${() => (inspectorOpen.value = false)}
      >
        <${Icon} name="close" />
      </button>
    </div>
    ${requests.value.length > 1 && html`<${RequestChoice} />`}
    <div
      class="tabs"
      role="tablist"
      aria-label="What to inspect"
      ref=${list}
      onKeyDown=${onKeyDown}
    >
      ${TABS.map(
        ({ id, label }) =>
          html`<button
            key=${id}
            type="button"
            role="tab"
            id=${`tab-${id}`}
            aria-selected=${id === tab.value}
            aria-controls="inspected"
            tabindex=${id === tab.value ? 0 : -1}
            onClick=${() => (tab.value = id)}
          >
            ${label}
          </button>`,
      )}
    </div>
    <div
      id="inspected"
      class="inspected"
      role="tabpanel"
      aria-labelledby=${`tab-${tab.value}`}
      tabindex="0"
    >
      ${
        recorder
          ? html`<${current.view} key=${recorder.key} recorder=${recorder} />`
          : html`<p class="state">Send a message to see what goes over the wire.</p>`
      }
    </div>
  </aside>`;
}

/** Which of the conversation's requests is looked at. */
function RequestChoice() {
  const { requests, selected } = wire;
  const all = requests.value;
  const chosen = selected.value ?? all.at(-1);
  for (const one of all) void one.slowVersion.value;
  return html`<label class="request-choice">
    <span class="off-screen">Request</span>
    <select
      class="field"
      onChange=${(/** @type {Event} */ event) => {
        selected.value = all[Number(/** @type {HTMLSelectElement} */ (event.target).value)];
      }}
    >
      ${all.map(
        (one, at) =>
          html`<option key=${one.key} value=${at} selected=${one === chosen}>
            ${one.time.toLocaleTimeString()} · ${one.mode} ·${' '}
            ${counted(one.connections.length, 'connection')}
          </option>`,
      )}
    </select>
  </label>`;
}
