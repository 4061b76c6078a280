import { signal } from '@preact/signals';

/** Whether the last request reached the service. */
export const reachability = signal(/** @type {'reached' | 'away'} */ ('reached'));

/** Whether the browser has a network at all. */
export const hasNetwork = signal(navigator.onLine);

addEventListener('online', () => (hasNetwork.value = true));
addEventListener('offline', () => (hasNetwork.value = false));

/**
 * What a connection test found.
 *
 * @typedef {object} ConnectionTest
 * @property {'running' | 'good' | 'bad'} state
 * @property {string} text
 */

export const connectionTest = signal(/** @type {ConnectionTest | undefined} */ (undefined));
