import { computed, signal } from '@preact/signals';
import { wire } from './wire.js';

/** @typedef {import('./answer.js').Question} Question */
/** @typedef {import('./answer.js').Answer} Answer */
/** @typedef {Question | Answer} Entry */

/** What was said, the oldest first. */
export const entries = signal(/** @type {Entry[]} */ ([]));
export const session = signal(
  /** @type {import('agno-api-client').Session | undefined} */ (undefined),
);
export const branches = signal(/** @type {import('agno-api-client').Branch[]} */ ([]));
export const conversationState = signal(/** @type {'ready' | 'loading' | 'failed'} */ ('ready'));
export const conversationFault = signal(
  /** @type {import('../lib/problems.js').Fault | undefined} */ (undefined),
);

/**
 * The answer under way, and how it is stopped.
 *
 * @typedef {object} Running
 * @property {Answer} answer
 * @property {() => Promise<unknown>} stop
 * @property {AbortController} leaving
 * @property {(ms: number) => void} [disconnect]
 */
export const running = signal(/** @type {Running | undefined} */ (undefined));
export const isBusy = computed(() => running.value !== undefined);

/** Counts what was shown. */
let turn = 0;

/** Tells whether something else is shown by then: what was asked for comes too late. */
export function leftSince() {
  const mine = turn;
  return () => mine !== turn;
}

/** Shows nothing. */
export function clear() {
  turn++;
  leave();
  entries.value = [];
  session.value = undefined;
  conversationFault.value = undefined;
  branches.value = [];
  conversationState.value = 'ready';
  wire.clear();
}

/** What is under way goes on without this page. */
function leave() {
  running.value?.leaving.abort();
  running.value = undefined;
}
