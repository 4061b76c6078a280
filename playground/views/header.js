import { html } from '../lib/html.js';
import { chosenModel, isOffline } from '../state/catalog.js';
import { entries, session } from '../state/shown.js';
import { inspectorOpen, theme } from '../state/settings.js';
import { Icon } from './icon.js';

const THEMES = { system: 'as the system', light: 'light', dark: 'dark' };

/**
 * @param {{
 *   isMenuOpen: import('@preact/signals').Signal<boolean>,
 *   isHelpOpen: import('@preact/signals').Signal<boolean>,
 * }} props
 */
export function Header({ isMenuOpen, isHelpOpen }) {
  const names = /** @type {(keyof typeof THEMES)[]} */ (Object.keys(THEMES));
  const next = names[(names.indexOf(/** @type {keyof typeof THEMES} */ (theme.value)) + 1) % 3];
  const title = session.value?.title || (entries.value.length > 0 ? 'New chat' : 'Agno API');
  return html`<header class="header">
    <button
      type="button"
      class="icon-button menu-button"
      aria-label="Menu"
      aria-expanded=${isMenuOpen.value}
      aria-controls="sidebar"
      onClick=${() => (isMenuOpen.value = !isMenuOpen.value)}
    >
      <${Icon} name="menu" />
    </button>
    <div class="header-title">
      <h1>${title}</h1>
      <p class="header-model">
        ${
          isOffline.value
            ? html`<span class="badge" title="No language model: it answers from the documents">
                Offline assistant
              </span>`
            : html`<span>${chosenModel.value?.id ?? ''}</span>`
        }
      </p>
    </div>
    <nav class="header-actions" aria-label="Page">
      <button
        type="button"
        class="icon-button"
        aria-label="Inspector"
        aria-pressed=${inspectorOpen.value}
        title="Inspector: what goes over the wire"
        onClick=${() => (inspectorOpen.value = !inspectorOpen.value)}
      >
        <${Icon} name="inspect" />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label=${`Colours: ${THEMES[/** @type {keyof typeof THEMES} */ (theme.value)]}. Change to ${THEMES[next]}`}
        title=${`Colours: ${THEMES[/** @type {keyof typeof THEMES} */ (theme.value)]}`}
        onClick=${() => (theme.value = next)}
      >
        <${Icon} name="sun" />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label="Help"
        title="Help (?)"
        onClick=${() => (isHelpOpen.value = true)}
      >
        <${Icon} name="help" />
      </button>
    </nav>
  </header>`;
}
