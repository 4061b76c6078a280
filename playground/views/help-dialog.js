import { html } from '../lib/html.js';
import { Dialog } from './dialog.js';

const KEYS = [
  ['Enter', 'Send'],
  ['Shift + Enter', 'New line'],
  ['Escape', 'Stop the answer'],
  ['/', 'Write a message'],
  ['Ctrl + K', 'Search sessions'],
  ['Ctrl + Shift + O', 'New chat'],
  ['?', 'This help'],
];

const PAGES = [
  ['/docs/playground.md', 'About this page'],
  ['/docs/README.md', 'Documentation'],
  ['/docs', 'The API, route by route'],
  ['/openapi.json', 'OpenAPI document'],
];

/** @param {{isOpen: import('@preact/signals').Signal<boolean>}} props */
export function HelpDialog({ isOpen }) {
  const close = () => (isOpen.value = false);
  return html`<${Dialog} isOpen=${isOpen.value} onClose=${close} label="Help">
    <h2>Keys</h2>
    <dl class="keys">
      ${KEYS.map(
        ([key, what]) =>
          html`<div key=${key}>
            <dt><kbd>${key}</kbd></dt>
            <dd>${what}</dd>
          </div>`,
      )}
    </dl>
    <h2>Read on</h2>
    <ul class="links">
      ${PAGES.map(
        ([url, name]) =>
          html`<li key=${url}><a href=${url} target="_blank" rel="noopener">${name}</a></li>`,
      )}
    </ul>
    <div class="row end">
      <button type="button" class="button primary" onClick=${close}>Close</button>
    </div>
  <//>`;
}
