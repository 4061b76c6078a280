import { signal } from '@preact/signals';

/** What assistive technology is told of what happens on the page. */
export const announcement = signal('');

/** @param {string} text */
export function announce(text) {
  // The same text twice would be told once.
  announcement.value = text === announcement.value ? `${text}\u00a0` : text;
}
