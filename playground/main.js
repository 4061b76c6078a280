import { effect } from '@preact/signals';
import { render } from 'preact';
import { copyOnClick } from './lib/clipboard.js';
import { html } from './lib/html.js';
import { warmUp } from './lib/growing-markdown.js';
import { loadCatalog } from './state/catalog.js';
import { showRoute } from './state/conversation.js';
import { session } from './state/shown.js';
import { route } from './state/route.js';
import { loadSessions } from './state/sessions.js';
import { App } from './views/app.js';

render(html`<${App} />`, /** @type {Element} */ (document.getElementById('app')));
copyOnClick();
// What fails is shown where it is missed.
loadCatalog().catch(() => undefined);
void loadSessions();
effect(() => {
  void route.value;
  void Promise.resolve().then(showRoute);
});
effect(() => {
  const title = session.value?.title;
  document.title = title ? `${title} · Agno API` : 'Agno API';
});
(globalThis.requestIdleCallback ?? setTimeout)(warmUp);
