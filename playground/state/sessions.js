import { signal } from '@preact/signals';
import { faultOf } from '../lib/problems.js';
import { client } from './client.js';

const PAGE = 30;

export const sessions = signal(/** @type {import('agno-api-client').Session[]} */ ([]));
export const sessionsState = signal(/** @type {'loading' | 'loaded' | 'failed'} */ ('loading'));
export const sessionsFault = signal(
  /** @type {import('../lib/problems.js').Fault | undefined} */ (undefined),
);
export const hasMoreSessions = signal(false);
export const search = signal('');

/** @type {string | null} */
let cursor = null;
let asked = 0;

/** Asks for the newest sessions, of what is searched for. */
export async function loadSessions() {
  await load({ isFirst: true });
}

/** Asks for the next page. */
export async function loadMoreSessions() {
  if (cursor !== null) await load({ isFirst: false });
}

/** @param {{isFirst: boolean}} how */
async function load({ isFirst }) {
  const mine = ++asked;
  const query = search.value.trim();
  try {
    const page = await client.sessions.list({
      limit: PAGE,
      ...(query && { search: query }),
      ...(!isFirst && cursor !== null && { cursor }),
    });
    // Somebody has typed on: that answer is the one.
    if (mine !== asked) return;
    sessions.value = isFirst ? page.data : [...sessions.value, ...page.data];
    cursor = page.next_cursor;
    hasMoreSessions.value = cursor !== null;
    sessionsState.value = 'loaded';
    sessionsFault.value = undefined;
  } catch (error) {
    if (mine !== asked) return;
    sessionsFault.value = faultOf(error);
    sessionsState.value = 'failed';
  }
}

/** @param {string} id @param {string} title */
export async function renameSession(id, title) {
  const renamed = await client.sessions.change(id, { title });
  sessions.value = sessions.value.map((one) => (one.id === id ? renamed : one));
}

/** @param {string} id */
export async function deleteSession(id) {
  await client.sessions.delete(id);
  sessions.value = sessions.value.filter((one) => one.id !== id);
}
