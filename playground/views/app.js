import { useComputed, useSignal } from '@preact/signals';
import { html } from '../lib/html.js';
import { announcement } from '../state/announcements.js';
import { hasNetwork, reachability } from '../state/connection.js';
import { inspectorOpen } from '../state/settings.js';
import { testConnection } from '../state/test-connection.js';
import { Composer } from './chat/composer.js';
import { Thread } from './chat/thread.js';
import { Header } from './header.js';
import { HelpDialog } from './help-dialog.js';
import { Inspector } from './inspector/inspector.js';
import { useShortcuts } from './shortcuts.js';
import { Sidebar } from './sidebar/sidebar.js';

/** The page. */
export function App() {
  const isMenuOpen = useSignal(false);
  const isHelpOpen = useSignal(false);
  useShortcuts({ isMenuOpen, isHelpOpen });
  return html`<div class=${`app ${inspectorOpen.value ? 'with-inspector' : ''}`}>
    <a class="skip" href="#conversation">Skip to the conversation</a>
    <${Sidebar} isOpen=${isMenuOpen} />
    <div class="main">
      <${Header} isMenuOpen=${isMenuOpen} isHelpOpen=${isHelpOpen} />
      <${Banner} />
      <main aria-label="Conversation">
        <${Thread} />
        <${Composer} />
        <p class="fine">
          Answers may be wrong. What is asked here stays between this page and its server.
        </p>
      </main>
    </div>
    ${inspectorOpen.value && html`<${Inspector} />`}
    <${HelpDialog} isOpen=${isHelpOpen} />
    <p class="off-screen" role="status" aria-live="polite">${announcement}</p>
  </div>`;
}

/** Says that nothing can be asked now, and why. */
function Banner() {
  const text = useComputed(() => {
    if (!hasNetwork.value) return 'This device is offline.';
    return reachability.value === 'away' ? 'The service does not answer.' : '';
  });
  if (text.value === '') return null;
  return html`<div class="banner" role="alert">
    <span>${text.value} What is being written goes on there, and is shown once it is back.</span>
    <button type="button" class="button small" onClick=${testConnection}>Try again</button>
  </div>`;
}
