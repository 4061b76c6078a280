import { useEffect, useRef } from 'preact/hooks';
import { html } from '../../lib/html.js';
import { startNew } from '../../state/conversation.js';
import { composer } from '../../state/focus.js';
import { Icon } from '../icon.js';
import { SessionList } from './session-list.js';
import { Settings } from './settings.js';

/** What the conversation is held with, and the ones before. @param {{isOpen: import('@preact/signals').Signal<boolean>}} props */
export function Sidebar({ isOpen }) {
  const element = useRef(/** @type {HTMLElement | null} */ (null));
  const close = () => (isOpen.value = false);
  const isShown = isOpen.value;
  useEffect(() => {
    // On a phone it lies over the page: what is below it cannot be used.
    const isDrawer = matchMedia('(max-width: 47.99rem)').matches;
    if (isDrawer && isShown) element.current?.querySelector('button')?.focus();
    for (const other of document.querySelectorAll('.main, .inspector')) {
      /** @type {HTMLElement} */ (other).inert = isDrawer && isShown;
    }
  }, [isShown]);
  const onClick = (/** @type {MouseEvent} */ event) => {
    if (/** @type {Element} */ (event.target).closest('.session-link, .new-chat')) close();
  };
  return html`<div class=${`shade ${isShown ? 'open' : ''}`} onClick=${close}></div>
    <aside
      id="sidebar"
      class=${`sidebar ${isShown ? 'open' : ''}`}
      aria-label="Settings and sessions"
      ref=${element}
      onClick=${onClick}
    >
      <div class="brand">
        <img src="/playground/favicon.svg" alt="" width="28" height="28" />
        <span>Agno API</span>
        <button
          type="button"
          class="icon-button close-menu"
          aria-label="Close the menu"
          onClick=${close}
        >
          <${Icon} name="close" />
        </button>
      </div>
      <button
        type="button"
        class="button new-chat"
        title="New chat (Ctrl+Shift+O)"
        onClick=${() => {
          startNew();
          composer.value?.focus();
        }}
      >
        <${Icon} name="plus" /><span>New chat</span>
      </button>
      <${Settings} />
      <${SessionList} />
    </aside>`;
}
