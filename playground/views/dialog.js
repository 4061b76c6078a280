import { useEffect, useRef } from 'preact/hooks';
import { html } from '../lib/html.js';

/**
 * A dialog that keeps the rest of the page from being used; Escape closes it.
 *
 * @param {{
 *   isOpen: boolean,
 *   onClose: () => void,
 *   label: string,
 *   children: import('preact').ComponentChildren,
 * }} props
 */
export function Dialog({ isOpen, onClose, label, children }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    if (isOpen && !dialog.current?.open) dialog.current?.showModal();
    if (!isOpen) dialog.current?.close();
  }, [isOpen]);
  const onClick = (/** @type {MouseEvent} */ event) => {
    // Beside it.
    if (event.target === dialog.current) onClose();
  };
  return html`<dialog ref=${dialog} aria-label=${label} onClose=${onClose} onClick=${onClick}>
    ${isOpen && html`<div class="dialog-content">${children}</div>`}
  </dialog>`;
}
