import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { formatTime } from '../../lib/format.js';
import { html } from '../../lib/html.js';
import { faultOf } from '../../lib/problems.js';
import { announce } from '../../state/announcements.js';
import { session } from '../../state/shown.js';
import { sessionSearch } from '../../state/focus.js';
import { navigate } from '../../state/route.js';
import {
  deleteSession,
  hasMoreSessions,
  loadMoreSessions,
  loadSessions,
  renameSession,
  search,
  sessions,
  sessionsFault,
  sessionsState,
} from '../../state/sessions.js';
import { Dialog } from '../dialog.js';
import { Icon } from '../icon.js';

/** How long after the last key one has typed what one looks for, in milliseconds. */
const TYPED_MS = 200;

/** The conversations before. */
export function SessionList() {
  const deleting = useSignal(
    /** @type {import('agno-api-client').Session | undefined} */ (undefined),
  );
  const timer = useRef(0);
  const onInput = (/** @type {Event} */ event) => {
    search.value = /** @type {HTMLInputElement} */ (event.target).value;
    clearTimeout(timer.current);
    timer.current = window.setTimeout(loadSessions, TYPED_MS);
  };
  return html`<section class="sessions" aria-labelledby="sessions-title">
    <h2 id="sessions-title">Sessions</h2>
    <label class="search">
      <${Icon} name="search" /><span class="off-screen">Search sessions</span>
      <input
        type="search"
        placeholder="Search"
        value=${search.value}
        onInput=${onInput}
        ref=${(/** @type {HTMLInputElement | null} */ element) => void (sessionSearch.value = element)}
      />
    </label>
    <${Sessions}
      onDelete=${(/** @type {import('agno-api-client').Session} */ one) => (deleting.value = one)}
    />
    <${DeleteDialog} deleting=${deleting} />
  </section>`;
}

/** @param {{onDelete: (session: import('agno-api-client').Session) => void}} props */
function Sessions({ onDelete }) {
  const list = sessions.value;
  if (sessionsState.value === 'failed') {
    return html`<div class="fault" role="alert">
      <p>The sessions could not be loaded. ${sessionsFault.value?.detail}</p>
      <button type="button" class="button small" onClick=${loadSessions}>Try again</button>
    </div>`;
  }
  if (sessionsState.value === 'loading') return html`<p class="hint">Loading …</p>`;
  if (list.length === 0) {
    return html`<p class="hint" role="status">
      ${search.value.trim() ? 'No session has these words.' : 'What you ask is kept here.'}
    </p>`;
  }
  return html`<ul class="session-list">
      ${list.map((one) => html`<${SessionItem} key=${one.id} one=${one} onDelete=${onDelete} />`)}
    </ul>
    ${
      hasMoreSessions.value &&
      html`<button type="button" class="button small" onClick=${loadMoreSessions}>
        Show more
      </button>`
    }`;
}

/**
 * @param {{
 *   one: import('agno-api-client').Session,
 *   onDelete: (session: import('agno-api-client').Session) => void,
 * }} props
 */
function SessionItem({ one, onDelete }) {
  const isRenamed = useSignal(false);
  const isCurrent = session.value?.id === one.id;
  const title = one.title || 'Untitled';
  const openIt = (/** @type {MouseEvent} */ event) => {
    // Another tab is the browser's business.
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    navigate({ session: one.id });
  };
  if (isRenamed.value)
    return html`<${Renaming} one=${one} onClose=${() => (isRenamed.value = false)} />`;
  return html`<li class=${`session ${isCurrent ? 'current' : ''}`}>
    <a
      class="session-link"
      href=${`/?session=${one.id}`}
      aria-current=${isCurrent ? 'page' : undefined}
      onClick=${openIt}
    >
      <span class="session-title">${title}</span>
      <time datetime=${one.updated_at}>${formatTime(one.updated_at)}</time>
    </a>
    <span class="session-actions">
      <button
        type="button"
        class="icon-button"
        aria-label=${`Rename ${title}`}
        onClick=${() => (isRenamed.value = true)}
      >
        <${Icon} name="edit" />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label=${`Delete ${title}`}
        onClick=${() => onDelete(one)}
      >
        <${Icon} name="trash" />
      </button>
    </span>
  </li>`;
}

/** @param {{one: import('agno-api-client').Session, onClose: () => void}} props */
function Renaming({ one, onClose }) {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const fault = useSignal('');
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const title = field.current?.value.trim() ?? '';
    if (title === '' || title === one.title) return onClose();
    try {
      await renameSession(one.id, title);
      if (session.value?.id === one.id) session.value = { ...session.value, title };
      announce('Renamed');
      onClose();
    } catch (error) {
      fault.value = faultOf(error).detail ?? '';
    }
  };
  const focus = (/** @type {HTMLInputElement | null} */ element) => {
    if (element !== null && field.current === null) element.select();
    field.current = element;
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Escape') onClose();
  };
  return html`<li>
    <form class="renaming" onSubmit=${save}>
      <input
        class="field"
        aria-label="New name"
        defaultValue=${one.title}
        ref=${focus}
        onKeyDown=${onKeyDown}
      />
      <button type="submit" class="icon-button" aria-label="Save the name">
        <${Icon} name="check" />
      </button>
    </form>
    ${fault.value && html`<p class="fault-text" role="alert">${fault.value}</p>`}
  </li>`;
}

/** @param {{deleting: import('@preact/signals').Signal<import('agno-api-client').Session | undefined>}} props */
function DeleteDialog({ deleting }) {
  const fault = useSignal('');
  const one = deleting.value;
  const close = () => {
    deleting.value = undefined;
    fault.value = '';
  };
  const remove = async () => {
    if (one === undefined) return;
    try {
      await deleteSession(one.id);
      announce('Deleted');
      if (session.value?.id === one.id) navigate({});
      close();
    } catch (error) {
      fault.value = faultOf(error).detail ?? '';
    }
  };
  return html`<${Dialog} isOpen=${one !== undefined} onClose=${close} label="Delete the session">
    <h2>Delete this session?</h2>
    <p>“${one?.title || 'Untitled'}” is deleted with all its messages. This cannot be undone.</p>
    ${fault.value && html`<p class="fault-text" role="alert">${fault.value}</p>`}
    <div class="row end">
      <button type="button" class="button" onClick=${close}>Cancel</button>
      <button type="button" class="button danger" onClick=${remove}>Delete</button>
    </div>
  <//>`;
}
