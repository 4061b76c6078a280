import { signal } from '@preact/signals';

/** The field to write in, while there is one. */
export const composer = signal(/** @type {HTMLTextAreaElement | null} */ (null));

/** The field to search sessions in, while there is one. */
export const sessionSearch = signal(/** @type {HTMLInputElement | null} */ (null));
