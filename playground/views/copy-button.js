import { useSignal } from '@preact/signals';
import { copyText } from '../lib/clipboard.js';
import { html } from '../lib/html.js';
import { announce } from '../state/announcements.js';
import { Icon } from './icon.js';

/** @param {{text: () => string, label: string, showsLabel?: boolean}} props */
export function CopyButton({ text, label, showsLabel = false }) {
  const isCopied = useSignal(false);
  const copy = async () => {
    isCopied.value = await copyText(text());
    announce(isCopied.value ? 'Copied' : 'The browser did not let us copy');
    setTimeout(() => (isCopied.value = false), 1500);
  };
  return html`<button
    type="button"
    class=${showsLabel ? 'button small' : 'icon-button'}
    title=${label}
    aria-label=${label}
    onClick=${copy}
  >
    <${Icon}
      name=${isCopied.value ? 'check' : 'copy'}
    />${showsLabel && html`<span>${label}</span>`}
  </button>`;
}
