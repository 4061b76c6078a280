import { useEffect } from 'preact/hooks';
import { startNew } from '../state/conversation.js';
import { composer, sessionSearch } from '../state/focus.js';

/**
 * Keys for all of the page; those without Ctrl only where nobody writes.
 *
 * @param {{
 *   isMenuOpen: import('@preact/signals').Signal<boolean>,
 *   isHelpOpen: import('@preact/signals').Signal<boolean>,
 * }} places
 */
export function useShortcuts({ isMenuOpen, isHelpOpen }) {
  useEffect(() => {
    const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
      const { target, key } = event;
      const isWriting =
        target instanceof HTMLElement &&
        target.matches('input, textarea, select, [contenteditable]');
      const isCommand = event.ctrlKey || event.metaKey;
      if (isCommand && !event.shiftKey && key.toLowerCase() === 'k') {
        event.preventDefault();
        isMenuOpen.value = true;
        requestAnimationFrame(() => sessionSearch.value?.focus());
      } else if (isCommand && event.shiftKey && key.toLowerCase() === 'o') {
        event.preventDefault();
        startNew();
        composer.value?.focus();
      } else if (!isWriting && !isCommand && key === '/') {
        event.preventDefault();
        composer.value?.focus();
      } else if (!isWriting && !isCommand && key === '?') {
        isHelpOpen.value = true;
      } else if (key === 'Escape' && isMenuOpen.value) {
        isMenuOpen.value = false;
      }
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}
