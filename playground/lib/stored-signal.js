import { effect, signal } from '@preact/signals';

/**
 * A signal that a reload keeps. What is stored and not accepted any more counts as absent; a browser
 * that stores nothing does not matter.
 *
 * @template T
 * @param {string} name
 * @param {T} initial
 * @param {(value: unknown) => boolean} accepts
 */
export function storedSignal(name, initial, accepts) {
  const key = `agno.${name}`;
  const stored = signal(/** @type {T} */ (read(key, accepts) ?? initial));
  effect(() => {
    const text = JSON.stringify(stored.value);
    try {
      localStorage.setItem(key, text);
    } catch {
      // Private windows may refuse.
    }
  });
  return stored;
}

/**
 * @param {string} key
 * @param {(value: unknown) => boolean} accepts
 */
function read(key, accepts) {
  try {
    const value = JSON.parse(localStorage.getItem(key) ?? 'null');
    return value !== null && accepts(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
